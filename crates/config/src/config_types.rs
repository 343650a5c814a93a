//! Secrets and paths, as they stand in a configuration.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use tidegate_base::Secret;

/// How the reader knows the types of this module.
pub(crate) const SECRET: &str = "$tidegate::Secret";
pub(crate) const SECRETS: &str = "$tidegate::Secrets";
pub(crate) const PATH: &str = "$tidegate::Path";

/// A secret in a configuration: `"literal"`, `{ env = "NAME" }` or `{ file = "path" }`.
///
/// In a configuration file a path is relative to the folder of that file, and a secret that is not there, is empty, has
/// more than one line or cannot be read is a mistake like any other. It is read again at each use, so that a changed one
/// is picked up. What it is shows in no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretConfig(Secret);

impl SecretConfig {
    /// The secret.
    pub fn get(&self) -> &Secret {
        &self.0
    }
}

impl From<SecretConfig> for Secret {
    fn from(config: SecretConfig) -> Self {
        config.0
    }
}

/// One secret or a list of them, such as an old and a new one while a receiver changes over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretsConfig(Vec<SecretConfig>);

impl SecretsConfig {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter().map(SecretConfig::get)
    }
}

impl From<SecretsConfig> for Vec<Secret> {
    fn from(config: SecretsConfig) -> Self {
        config.0.into_iter().map(Secret::from).collect()
    }
}

/// A path in a configuration file, relative to the folder of that file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathConfig(PathBuf);

impl PathConfig {
    /// The path, with that folder before it.
    pub fn get(&self) -> &Path {
        &self.0
    }
}

impl From<PathConfig> for PathBuf {
    fn from(config: PathConfig) -> Self {
        config.0
    }
}

struct SecretVisitor;

pub(crate) const SECRET_FORMS: &str = "a secret: text in quotes, { env = \"NAME\" } or { file = \"path\" }";

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET_FORMS)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretConfig, E> {
        Ok(SecretConfig(Secret::literal(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretConfig, A::Error> {
        let entry: Option<(String, String)> = map.next_entry()?;
        let secret = match entry {
            Some((key, name)) if key == "env" => Secret::from_env(name),
            Some((key, path)) if key == "file" => Secret::from_file(path),
            _ => return Err(A::Error::custom(format_args!("expected {SECRET_FORMS}"))),
        };
        match map.next_key::<String>()? {
            None => Ok(SecretConfig(secret)),
            Some(_) => Err(A::Error::custom("expected one of `env` and `file`")),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<SecretConfig, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Deserialize<'de> for SecretConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SECRET, SecretVisitor)
    }
}

struct SecretsVisitor;

impl<'de> Visitor<'de> for SecretsVisitor {
    type Value = SecretsConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SECRET_FORMS}, or a list of those")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SecretsConfig, A::Error> {
        let mut secrets = Vec::new();
        while let Some(secret) = list.next_element()? {
            secrets.push(secret);
        }
        Ok(SecretsConfig(secrets))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<SecretsConfig, D::Error> {
        SecretConfig::deserialize(deserializer).map(|secret| SecretsConfig(vec![secret]))
    }
}

impl<'de> Deserialize<'de> for SecretsConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SECRETS, SecretsVisitor)
    }
}

struct PathVisitor;

impl<'de> Visitor<'de> for PathVisitor {
    type Value = PathConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path in quotes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PathConfig, E> {
        Ok(PathConfig(text.into()))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<PathConfig, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Deserialize<'de> for PathConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(PATH, PathVisitor)
    }
}
