//! The components of one layer that a breaker can be of: those that can be called, and those that have a row.

use super::refuse;
use crate::args::{LayerId, Which};
use crate::exit::Usage;
use crate::home::Home;
use crate::output::table;
use sluice_engine::{
    Activations, AtHand, Catalog, CatalogError, Config, LayerSource, Origin, Picked, Place, pick,
};
use sluice_store::{BreakerRow, LayerRow, Store};

/// A layer with its components and their breakers.
pub struct Layer {
    id: String,
    components: Vec<Component>,
    /// Of every component, by digest; those without a row are closed.
    rows: Vec<BreakerRow>,
    /// Which of them is active.
    activations: Activations,
}

/// One that a scan can call.
struct Component {
    version: String,
    digest: String,
    origin: Origin,
    waits: Option<Place>,
}

impl AtHand for Component {
    fn semver(&self) -> Option<semver::Version> {
        semver::Version::parse(&self.version).ok()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn waits(&self) -> Option<Place> {
        self.waits
    }
}

impl Layer {
    /// Finds a layer by its id.
    ///
    /// # Errors
    /// When neither the program nor the database knows it.
    pub async fn find(home: &Home, store: Option<&Store>, id: &LayerId) -> anyhow::Result<Self> {
        let catalog = Catalog::load(&home.runtime()?, &LayerSource::bundled(crate::BUNDLED));
        let (installed, rows, activations) = match store {
            Some(store) => (store.layers().await?, store.breakers().await?, Activations::read(store).await?),
            None => Default::default(),
        };
        let id = id.as_str();
        let mut rows: Vec<BreakerRow> = rows.into_iter().filter(|row| row.layer == id).collect();
        let components = components(&catalog, &installed, id);
        if components.is_empty() && rows.is_empty() {
            let bundled = catalog.components().map(|(component, _)| component.id());
            let known = bundled.chain(installed.iter().map(|row| row.layer.as_str()));
            return Err(Usage(CatalogError::unknown(id, known).to_string()).into());
        }
        for component in &components {
            if !rows.iter().any(|row| row.digest == component.digest) {
                rows.push(BreakerRow::closed(id, &component.digest));
            }
        }
        rows.sort_by(|a, b| a.digest.cmp(&b.digest));
        Ok(Self { id: id.to_owned(), components, rows, activations })
    }

    /// The breakers that are meant: all of them, or those whose digests begin as asked for.
    ///
    /// # Errors
    /// When no digest begins so.
    pub fn chosen(&self, which: &Which) -> anyhow::Result<Vec<BreakerRow>> {
        let fits = |row: &&BreakerRow| which.digest.as_ref().is_none_or(|prefix| prefix.fits(&row.digest));
        let rows: Vec<BreakerRow> = self.rows.iter().filter(fits).cloned().collect();
        match (&which.digest, rows.is_empty()) {
            (Some(prefix), true) => refuse(
                format!("no component of {} has a digest that begins with {prefix}", self.id),
                &self.digests(),
            ),
            _ => Ok(rows),
        }
    }

    /// The one breaker that is meant: the only one chosen, else that of the component that a scan would call now.
    ///
    /// # Errors
    /// When there are several.
    pub fn one(&self, which: &Which, config: &Config) -> anyhow::Result<BreakerRow> {
        let mut rows = self.chosen(which)?;
        if rows.len() > 1 && which.digest.is_none() {
            let called = self.called(config);
            rows.retain(|row| called.contains(&row.digest.as_str()));
        }
        match <[BreakerRow; 1]>::try_from(rows) {
            Ok([row]) => Ok(row),
            Err(_) => refuse(
                format!("{} has several components, choose one with --digest", self.id),
                &self.digests(),
            ),
        }
    }

    /// Digests of the components that the pipelines call, or that a scan would call that names the layer.
    fn called(&self, config: &Config) -> Vec<&str> {
        let named = config.pipelines.iter().flat_map(|(pipeline, content)| {
            let layers = content.stages.iter().flat_map(|stage| &stage.layers);
            layers.filter(|layer| layer.id == self.id).map(|layer| (pipeline.as_str(), layer.version.clone()))
        });
        let mut wanted: Vec<(&str, semver::VersionReq)> = named.collect();
        if wanted.is_empty() {
            wanted.push((&config.default_pipeline, semver::VersionReq::STAR));
        }
        let picked = wanted.iter().filter_map(|(pipeline, version)| self.picked(pipeline, version));
        let mut called: Vec<&str> = picked.collect();
        called.sort_unstable();
        called.dedup();
        called
    }

    /// As the catalog chooses.
    fn picked(&self, pipeline: &str, wanted: &semver::VersionReq) -> Option<&str> {
        let row = self.activations.row(pipeline, &self.id);
        match pick(row, self.components.iter(), wanted) {
            Picked::One(component) | Picked::Unfit(component) => Some(&component.digest),
            Picked::Missing(_) | Picked::None => None,
        }
    }

    /// The version of a component; none when nobody has it any more.
    pub fn version(&self, digest: &str) -> Option<String> {
        let component = self.components.iter().find(|component| component.digest == digest);
        component.map(|component| component.version.clone())
    }

    /// A component as people read it.
    pub fn name(&self, digest: &str) -> String {
        match self.version(digest) {
            Some(version) => format!("{}@{version} ({})", self.id, table::digest(digest)),
            None => format!("{} ({})", self.id, table::digest(digest)),
        }
    }

    /// Every digest with its version.
    fn digests(&self) -> Vec<String> {
        let digest = |row: &BreakerRow| match self.version(&row.digest) {
            Some(version) => format!("{} ({version})", table::digest(&row.digest)),
            None => table::digest(&row.digest),
        };
        self.rows.iter().map(digest).collect()
    }
}

/// Versions of the layers inside the program, by digest.
///
/// # Errors
/// When this machine cannot run layers.
pub fn bundled(home: &Home) -> anyhow::Result<Vec<(String, String)>> {
    let catalog = Catalog::load(&home.runtime()?, &LayerSource::bundled(crate::BUNDLED));
    let version = |(component, _): (&sluice_engine::Component, Origin)| {
        (component.digest().to_owned(), component.version().to_owned())
    };
    Ok(catalog.components().map(version).collect())
}

/// The bundled and the installed components of a layer.
fn components(catalog: &Catalog, installed: &[LayerRow], id: &str) -> Vec<Component> {
    let bundled = catalog.components().filter(|(known, _)| known.id() == id);
    let bundled = bundled.map(|(known, origin)| Component {
        version: known.version().to_owned(),
        digest: known.digest().to_owned(),
        origin,
        waits: None,
    });
    // rows of bundled ones tell of those that were used once: a later program has others
    let installed =
        installed.iter().filter(|row| row.layer == id && !row.is_bundled()).map(|row| Component {
            version: row.version.clone(),
            digest: row.digest.clone(),
            origin: Origin::Installed,
            waits: row.waits.then_some(Place(row.installed_at)),
        });
    bundled.chain(installed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::DigestPrefix;

    const STAGE: &str =
        "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [LAYERS]\n";

    fn config(layers: &str) -> Config {
        Config::parse("sluice.toml", &STAGE.replace("LAYERS", layers)).unwrap()
    }

    fn layer(components: &[(&str, &str, Origin)], gone: &[&str]) -> Layer {
        let component = |(version, digest, origin): &(&str, &str, Origin)| Component {
            version: (*version).to_owned(),
            digest: (*digest).to_owned(),
            origin: *origin,
            waits: None,
        };
        let components: Vec<Component> = components.iter().map(component).collect();
        let digests =
            components.iter().map(|component| component.digest.as_str()).chain(gone.iter().copied());
        let rows = digests.map(|digest| BreakerRow::closed("a/b", digest)).collect();
        Layer { id: "a/b".to_owned(), components, rows, activations: Activations::default() }
    }

    fn which(digest: Option<&str>) -> Which {
        let digest = digest.map(|prefix| prefix.parse::<DigestPrefix>().unwrap());
        Which { layer: "a/b".parse().unwrap(), digest }
    }

    fn one(layer: &Layer, digest: Option<&str>, config: &Config) -> Result<String, String> {
        layer.one(&which(digest), config).map(|row| row.digest).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_digest_the_component_that_a_scan_would_call_is_meant() {
        let several = layer(
            &[
                ("1.9.0", "aa", Origin::Installed),
                ("1.10.0", "ab", Origin::Bundled),
                ("2.0.0", "ac", Origin::Installed),
            ],
            &["ad"],
        );
        for (named, called) in
            [("\"x/y\"", "ac"), ("\"a/b\"", "ac"), ("\"a/b@^1\"", "ab"), ("\"a/b@~1.9\"", "aa")]
        {
            assert_eq!(one(&several, None, &config(named)).as_deref(), Ok(called), "{named}");
        }
        let twin = layer(&[("1.0.0", "bb", Origin::Bundled), ("1.0.0", "ba", Origin::Installed)], &[]);
        assert_eq!(one(&twin, None, &config("\"a/b\"")).as_deref(), Ok("ba"), "the installed one wins");
    }

    #[test]
    fn when_several_are_called_one_must_be_chosen() {
        let several = layer(&[("1.0.0", "aa", Origin::Bundled), ("2.0.0", "ab", Origin::Installed)], &["ac"]);
        let both = config("\"a/b@^1\", \"a/b@^2\"");
        assert_eq!(
            one(&several, None, &both).unwrap_err(),
            "a/b has several components, choose one with --digest: aa (1.0.0), ab (2.0.0), ac"
        );
        assert_eq!(one(&several, Some("a"), &both).unwrap_err(), one(&several, None, &both).unwrap_err());
        assert_eq!(one(&several, Some("AB"), &both).as_deref(), Ok("ab"));
        assert_eq!(one(&several, Some("ac"), &both).as_deref(), Ok("ac"), "one that is gone");
    }

    #[test]
    fn a_digest_that_nobody_has_is_refused_with_those_that_there_are() {
        let single = layer(&[("1.0.0", "aa", Origin::Bundled)], &[]);
        assert_eq!(
            one(&single, Some("b"), &config("\"a/b\"")).unwrap_err(),
            "no component of a/b has a digest that begins with b: aa (1.0.0)"
        );
        let gone = layer(&[], &["aa"]);
        assert_eq!(one(&gone, None, &config("\"a/b\"")).as_deref(), Ok("aa"), "there is no other");
    }

    #[test]
    fn all_breakers_of_a_layer_are_chosen_unless_a_digest_says_otherwise() {
        let several = layer(&[("1.0.0", "aa", Origin::Bundled)], &["ab", "ba"]);
        let digests = |prefix: Option<&str>| -> Vec<String> {
            several.chosen(&which(prefix)).unwrap().into_iter().map(|row| row.digest).collect()
        };
        assert_eq!(digests(None), ["aa", "ab", "ba"]);
        assert_eq!(digests(Some("a")), ["aa", "ab"]);
    }
}
