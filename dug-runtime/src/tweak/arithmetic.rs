//! Relative tweaks that are data: `*= 1.01`, `+= 0.002`, `-= 1`, `clamp`.

use crate::codec;
use crate::value::{EncodeValue, Value, encode_value, expect_ref};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::fmt;
use std::ops::{AddAssign, MulAssign, SubAssign};

/// What is done to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Operator {
    Multiply,
    Add,
    Subtract,
    Clamp,
}

/// An operator with its operand, for values of one type.
#[derive(Debug)]
pub(crate) struct Arithmetic {
    pub(crate) operator: Operator,
    /// The operand; of `clamp`, the pair of bounds.
    pub(crate) operand: Value,
    pub(crate) operand_type: TypeId,
    /// Encodes the operand.
    pub(crate) encode: EncodeValue,
    render: fn(&(dyn Any + Send + Sync)) -> String,
    apply: fn(&Value, &Value) -> Value,
}

impl Arithmetic {
    /// Whether the operand has this type, or is a pair of it.
    pub(crate) fn is_of(&self, result: TypeId) -> bool {
        self.operand_type == result || self.operator == Operator::Clamp
    }

    pub(crate) fn answer(&self, old: &Value) -> Value {
        (self.apply)(old, &self.operand)
    }

    fn new<O: Serialize + Send + Sync + 'static>(
        operator: Operator,
        operand: O,
        apply: fn(&Value, &Value) -> Value,
    ) -> Self {
        Arithmetic {
            operator,
            operand: Value::new(operand),
            operand_type: TypeId::of::<O>(),
            encode: encode_value::<O>,
            render: |operand| codec::render(expect_ref::<O>(operand)),
            apply,
        }
    }

    pub(crate) fn multiply<R, O>(operand: O) -> Self
    where
        R: MulAssign<O> + Clone + Send + Sync + 'static,
        O: Clone + Serialize + Send + Sync + 'static,
    {
        Self::new(Operator::Multiply, operand, |old, operand| {
            changed::<R, O>(old, operand, R::mul_assign)
        })
    }

    pub(crate) fn add<R, O>(operand: O) -> Self
    where
        R: AddAssign<O> + Clone + Send + Sync + 'static,
        O: Clone + Serialize + Send + Sync + 'static,
    {
        Self::new(Operator::Add, operand, |old, operand| {
            changed::<R, O>(old, operand, R::add_assign)
        })
    }

    pub(crate) fn subtract<R, O>(operand: O) -> Self
    where
        R: SubAssign<O> + Clone + Send + Sync + 'static,
        O: Clone + Serialize + Send + Sync + 'static,
    {
        Self::new(Operator::Subtract, operand, |old, operand| {
            changed::<R, O>(old, operand, R::sub_assign)
        })
    }

    pub(crate) fn clamp<R>(low: R, high: R) -> Self
    where
        R: PartialOrd + Clone + Serialize + Send + Sync + 'static,
    {
        Self::new(Operator::Clamp, (low, high), |old, bounds| {
            changed::<R, (R, R)>(old, bounds, |value, (low, high)| {
                if *value < low {
                    *value = low;
                } else if *value > high {
                    *value = high;
                }
            })
        })
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = (self.render)(&*self.operand);
        match self.operator {
            Operator::Multiply => write!(out, " *= {operand}"),
            Operator::Add => write!(out, " += {operand}"),
            Operator::Subtract => write!(out, " -= {operand}"),
            Operator::Clamp => write!(out, ".clamp{operand}"),
        }
    }
}

fn changed<R, O>(old: &Value, operand: &Value, change: impl FnOnce(&mut R, O)) -> Value
where
    R: Clone + Send + Sync + 'static,
    O: Clone + 'static,
{
    let mut value = expect_ref::<R>(&**old).clone();
    change(&mut value, expect_ref::<O>(&**operand).clone());
    old.another(value)
}

/// What can be computed with the results of a function, found out where their type is known.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    /// With operands of the result's own type.
    pub own: Option<Number>,
    /// `*=` with an `f64`.
    pub scaled: Option<Scaled>,
}

/// Makes arithmetic whose operand has the type of the result.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    /// From the operand, encoded; of `clamp`, the pair.
    pub(crate) decode: fn(Operator, &[u8]) -> Result<Arithmetic, codec::CodecError>,
}

/// Makes a multiplication by an `f64`.
#[derive(Debug, Clone, Copy)]
pub struct Scaled {
    pub(crate) multiply: fn(f64) -> Arithmetic,
}

impl Numbers {
    /// Nothing.
    pub const NONE: Self = Numbers {
        own: None,
        scaled: None,
    };
}

impl Number {
    /// Of a type that adds, subtracts, multiplies and compares with itself.
    pub const fn of<R>() -> Self
    where
        R: AddAssign + SubAssign + MulAssign + PartialOrd + Clone,
        R: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        Number {
            decode: |operator, bytes| {
                Ok(match operator {
                    Operator::Multiply => Arithmetic::multiply::<R, R>(codec::decode(bytes)?),
                    Operator::Add => Arithmetic::add::<R, R>(codec::decode(bytes)?),
                    Operator::Subtract => Arithmetic::subtract::<R, R>(codec::decode(bytes)?),
                    Operator::Clamp => {
                        let (low, high): (R, R) = codec::decode(bytes)?;
                        match low <= high {
                            true => Arithmetic::clamp(low, high),
                            false => {
                                return Err(codec::CodecError::new("the lower bound comes first"));
                            }
                        }
                    }
                })
            },
        }
    }
}

impl Scaled {
    /// Of a type that multiplies with an `f64`.
    pub const fn of<R: MulAssign<f64> + Clone + Send + Sync + 'static>() -> Self {
        Scaled {
            multiply: Arithmetic::multiply::<R, f64>,
        }
    }
}
