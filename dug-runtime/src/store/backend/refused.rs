//! The backend of a store that could not be opened: everything fails as that did.

use super::{Backend, BlobInfo, Entry, Failure, Hold, Lease, Space, Write};

#[derive(Debug)]
pub(super) struct Refused(pub(super) Failure);

impl Refused {
    fn again<T>(&self) -> Result<T, Failure> {
        Err(self.0.clone())
    }
}

impl Backend for Refused {
    fn read(&self, _: &[(Space, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        self.again()
    }

    fn write(&self, _: &[Write]) -> Result<Vec<bool>, Failure> {
        self.again()
    }

    fn lease(&self, _: Hold) -> Result<Lease<'_>, Failure> {
        self.again()
    }

    fn scan(&self, _: Space, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Vec<Entry>, Failure> {
        self.again()
    }

    fn read_blob(&self, _: &[u8; 32], _: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.again()
    }

    fn has_blob(&self, _: &[u8; 32], _: u64) -> Result<bool, Failure> {
        self.again()
    }

    fn write_blob(&self, _: &[u8; 32], _: &[u8]) -> Result<(), Failure> {
        self.again()
    }

    fn blobs(&self) -> Result<Vec<BlobInfo>, Failure> {
        self.again()
    }

    fn remove_blob(&self, _: &[u8; 32]) -> Result<(), Failure> {
        self.again()
    }

    fn sync(&self) -> Result<(), Failure> {
        self.again()
    }

    fn size(&self) -> Result<u64, Failure> {
        self.again()
    }

    fn compact(&self) -> Result<(), Failure> {
        self.again()
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        self.again()
    }
}
