//! The `[trust]` table: what an installed layer must have to be called.

use serde::{Deserialize, Serializer};
use sluice_package::Requirement;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct TrustTable {
    require: RequireWord,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum RequireWord {
    #[default]
    None,
    Signed,
}

impl TrustTable {
    pub(super) fn requirement(&self) -> Requirement {
        match self.require {
            RequireWord::None => Requirement::None,
            RequireWord::Signed => Requirement::Signed,
        }
    }
}

pub(super) fn serialize<S: Serializer>(requirement: &Requirement, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(requirement.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError, DEFAULT_CONFIG};

    fn requirement(table: &str) -> Result<Requirement, ConfigError> {
        let text = format!(
            "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"a/b\"]\n{table}"
        );
        Config::parse("sluice.toml", &text).map(|config| config.trust)
    }

    #[test]
    fn nothing_is_required_unless_it_is_said() {
        assert_eq!(requirement("").unwrap(), Requirement::None);
        assert_eq!(Config::parse("x", DEFAULT_CONFIG).unwrap().trust, Requirement::None);
        assert_eq!(requirement("[trust]").unwrap(), Requirement::None);
        assert_eq!(requirement("[trust]\nrequire = \"none\"").unwrap(), Requirement::None);
        assert_eq!(requirement("[trust]\nrequire = \"signed\"").unwrap(), Requirement::Signed);
    }

    #[test]
    fn another_word_or_key_is_refused_with_its_line() {
        let refusal = |table: &str| requirement(table).unwrap_err().to_string();
        assert_eq!(
            refusal("[trust]\nrequire = \"sign\""),
            "sluice.toml, line 7: unknown variant `sign`, expected `none` or `signed`"
        );
        assert!(refusal("[trust]\nrequired = \"none\"").contains("line 7: unknown field `required`"));
        assert!(refusal("[trust]\nrequire = true").contains("line 7: "));
    }
}
