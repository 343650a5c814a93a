use std::fmt::Debug;
use std::io;

/// One folder of files, as a [`DiskLog`](crate::DiskLog) needs it. [`Folder`](super::Folder) is the real one; tests put
/// a simulated disk here. Nothing in it needs a runtime: calls block until they are done.
///
/// What is written survives a loss of power once its file was [synced](File::sync_data), and a name, a change of name
/// or a removal once the folder was [synced](Files::sync).
pub trait Files: Send + Sync + Debug {
    /// The names in the folder, in no order.
    ///
    /// # Errors
    /// When it cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file that is there; with `create` a new and empty one, in place of one of that name.
    ///
    /// # Errors
    /// When it cannot be opened: [`NotFound`](io::ErrorKind::NotFound) when it is not there.
    fn open(&self, name: &str, create: bool) -> io::Result<Box<dyn File>>;

    /// Gives a file a new name, in place of one that has it.
    ///
    /// # Errors
    /// When that failed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// When that failed: [`NotFound`](io::ErrorKind::NotFound) when it is not there.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names durable.
    ///
    /// # Errors
    /// When they may not be.
    fn sync(&self) -> io::Result<()>;

    /// Keeps others out of the folder for as long as what is returned lives.
    ///
    /// # Errors
    /// [`StoreErrorKind::InUse`](crate::StoreErrorKind::InUse) when somebody else is in it; others when that cannot be
    /// found out.
    fn lock(&self) -> Result<Box<dyn Debug + Send + Sync>, crate::StoreError>;

    /// The file's name for people, with its folder.
    fn path(&self, name: &str) -> String;
}

/// An open file of [`Files`], to read and to write.
pub trait File: Send + Sync + Debug {
    /// Its length in bytes.
    ///
    /// # Errors
    /// When it cannot be told.
    fn length(&self) -> io::Result<u64>;

    /// Reads what stands at `offset`, at most as much as `into` holds; returns how much that was: less only at the end
    /// of the file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// When any of it may not be written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Takes room on the disk up to `length`, and makes the file at least that long; what is new reads as zeros.
    ///
    /// # Errors
    /// When there is no room. What the file system cannot do is no error.
    fn allocate(&self, length: u64) -> io::Result<()>;

    /// Cuts the file to `length`, or makes it that long.
    ///
    /// # Errors
    /// When that failed.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Makes all that was written durable, and of the length what is needed to read it.
    ///
    /// # Errors
    /// When any of it may not be durable. It is not asked for again: what a failed sync leaves in memory tells nothing of
    /// what is on the disk.
    fn sync_data(&self) -> io::Result<()>;
}
