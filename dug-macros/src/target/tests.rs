use super::*;

fn printed(expansion: fn(TokenStream) -> Result<TokenStream>, call: &str) -> String {
    let tokens = expansion(call.parse().unwrap()).unwrap_or_else(|error| panic!("{call}: {error}"));
    let text = tokens.to_string().replace(' ', "");
    text.replace("::core::option::Option::", "")
        .replace("__dug_argument", "a")
}

#[test]
fn calls_become_nodes() {
    let rewritten = |call| printed(node, call);
    assert_eq!(rewritten("f(1)"), "f::node(1)");
    assert_eq!(rewritten("a::f(1, 2)"), "a::f::node(1,2)");
    assert_eq!(rewritten("f::<u8>(1)"), "f::node::<u8>(1)");
    assert_eq!(rewritten("x.m(1)"), "x.__dug_node_m(1)");
    assert_eq!(rewritten("x.y().m::<u8>()"), "x.y().__dug_node_m::<u8>()");
    assert_eq!(rewritten("a::T::m(&x)"), "a::T::__dug_node_m(&x)");
    assert_eq!(rewritten("Self::m()"), "Self::__dug_node_m()");
    assert_eq!(rewritten("v::<u8>::m()"), "v::<u8>::__dug_node_m()");
    assert_eq!(
        rewritten("<T as a::P>::m::<u8>(&x)"),
        "<T>::__dug_node_m::<u8>(&x)"
    );
    assert_eq!(rewritten("r#match(1)"), "r#match::node(1)");
    assert_eq!(rewritten("T::r#match(1)"), "T::__dug_node_match(1)");
}

#[test]
fn left_sides_become_targets() {
    let target = |left| {
        let text = printed(untweak, left);
        text.strip_suffix(".untweak()").unwrap().to_owned()
    };
    assert_eq!(target("f(1)"), "f::node(1).target()");
    assert_eq!(target("(f((..)))"), "f::node((..)).target()");
    assert_eq!(target("x.m(1)"), "x.__dug_node_m(1).target()");
    assert_eq!(target("f(..)"), "f::__dug_calls().whole()");
    assert_eq!(
        target("a::f::<u8>(..)"),
        "a::f::__dug_calls::<u8>().whole()"
    );
    assert_eq!(target("T::m(..)"), "T::__dug_calls_m().whole()");
    assert_eq!(target("<T as P>::m(..)"), "<T>::__dug_calls_m().whole()");
    assert_eq!(
        target("f(1, _)"),
        "f::__dug_calls().pattern((Some(1),None,))"
    );
    assert_eq!(
        target("T::m(_, &x)"),
        "T::__dug_calls_m().pattern((None,Some(&x),))"
    );
    assert_eq!(
        target("f({ _ = 1; 2 }, |_| 3, _)"),
        "f::__dug_calls().pattern((Some({_=1;2}),Some(|_|3),None,))"
    );
    assert_eq!(
        target("f(1 | 2, x @ 3..=4) if x > y"),
        "f::__dug_calls().guard(move|a0,a1|match(a0,a1,){(1|2,x@3..=4,)ifx>y=>true,_=>false,})"
    );
    assert_eq!(
        target("T::m::<u8>(&x,) if x"),
        "T::__dug_calls_m::<u8>().guard(move|a0|match(a0,){(&x,)ifx=>true,_=>false,})"
    );
    assert_eq!(
        target("f() if b"),
        "f::__dug_calls().guard(move||match(){()ifb=>true,_=>false,})"
    );
}

#[test]
fn changes_become_methods() {
    let change = |input| {
        let text = printed(tweak, input);
        text.strip_prefix("f::node(1).target()")
            .and_then(|text| text.strip_suffix(".apply()"))
            .unwrap_or_else(|| panic!("{text}"))
            .to_owned()
    };
    assert_eq!(change("f(1) => 2,"), ".value(2)");
    assert_eq!(change("f(1) => || 2"), ".value(||2)");
    assert_eq!(change("f(1) => |a, b| 2"), ".value(|a,b|2)");
    assert_eq!(change("f(1) => (|a| 2)"), ".value((|a|2))");
    assert_eq!(change("f(1) => |a| 2"), ".relative(move|a|2)");
    assert_eq!(change("f(1) => move |a: u8| a"), ".relative(move|a:u8|a)");
    assert_eq!(change("f(1) *= 2"), ".multiplied(2)");
    assert_eq!(change("f(1) += a + 2,"), ".increased(a+2)");
    assert_eq!(change("f(1) -= 2"), ".decreased(2)");
    assert_eq!(change("f(1).clamp(2, 3)"), ".clamped(2,3)");
    assert_eq!(
        printed(tweak, "x.clamp(2, 3) => 4"),
        "x.__dug_node_clamp(2,3).target().value(4).apply()"
    );
    assert_eq!(
        printed(tweak, "in f(..) => 2"),
        "f::__dug_calls().whole().value(2)"
    );
    assert_eq!(
        printed(tweak, "in f(..) *= 2"),
        "f::__dug_calls().whole().multiplied(2)"
    );
    assert_eq!(
        printed(tweak, "f(a) if a > 3 *= 2"),
        "f::__dug_calls().guard(move|a0|match(a0,){(a,)ifa>3=>true,_=>false,}).multiplied(2).apply()"
    );
    assert_eq!(
        printed(tweak, "in f(Some(a)) if let 1 = a && true => |old| old"),
        "f::__dug_calls().guard(move|a0|match(a0,){(Some(a),)iflet1=a&&true=>true,_=>false,})\
         .relative(move|old|old)"
    );
}

#[test]
fn what_is_no_call_is_refused() {
    for wrong in [
        "",
        "f",
        "f!()",
        "1 + f(1)",
        "f(_)",
        "f(..)",
        "f(1) if true",
        "in f(1)",
        "f(1), 2",
        "(|x| x)(1)",
    ] {
        assert!(node(wrong.parse().unwrap()).is_err(), "{wrong}");
    }
    for wrong in [
        "",
        "in",
        "f(1)",
        "f(1) =>",
        "f(1) = 2",
        "f(1) /= 2",
        "f(1) *= 2 => 3",
        "f(1), 2",
        "f(1) => 2, 3",
        "f(.., 1) => 2",
        "f(1, ..) => 2",
        "f(Some(_)) => 2",
        "x.m(_) => 2",
        "x.m(..) => 2",
        "x.m(1) if true => 2",
        "f(..) if true => 2",
        "f(a) if => 2",
        "f(a) if",
        "f(a) if a > 3",
        "f(a) if a = 3",
        "f(a) if a /= 3",
        "f(a) if a.clamp(1, 2)",
        "1.clamp(1, 2)",
    ] {
        assert!(tweak(wrong.parse().unwrap()).is_err(), "{wrong}");
    }
    for wrong in [
        "in f(1)",
        "f(1) *= 2",
        "f(1) => 2",
        "x.m(_)",
        "f(a) if a => 2",
    ] {
        assert!(untweak(wrong.parse().unwrap()).is_err(), "{wrong}");
    }
}
