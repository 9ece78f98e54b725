//! The database, for futures: SQLite runs on a thread of its own.

use std::path::Path;

use tokio_rusqlite::rusqlite::OptionalExtension;
use tokio_rusqlite::{Connection, Error, rusqlite};

/// A handle; clones share the database.
#[derive(Clone)]
pub struct Database(Connection);

type Result<T> = std::result::Result<T, Error<rusqlite::Error>>;

impl Database {
    /// Opens the database, or makes it.
    pub async fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file).await.map_err(Error::Error)?;
        let tables = "CREATE TABLE IF NOT EXISTS texts (key TEXT PRIMARY KEY, text TEXT NOT NULL)";
        connection.call(move |database| database.execute_batch(tables)).await?;
        Ok(Database(connection))
    }

    /// Keeps a text, in place of an older one.
    pub async fn put(&self, key: String, text: String) -> Result<()> {
        let put = "INSERT OR REPLACE INTO texts (key, text) VALUES (?1, ?2)";
        self.0.call(move |database| database.prepare_cached(put)?.execute([key, text])).await?;
        Ok(())
    }

    /// The text of a key.
    pub async fn get(&self, key: String) -> Result<Option<String>> {
        let get = "SELECT text FROM texts WHERE key = ?1";
        let found = self.0.call(move |database| {
            database.prepare_cached(get)?.query_row([key], |row| row.get(0)).optional()
        });
        found.await
    }
}
