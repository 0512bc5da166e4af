//! Which images were asked for.

use super::look::{Look, Pair, declared_together};
use crate::error::{Error, Hint, Kind};
use crate::image::{Name, Repository};
use crate::manifest::slot::{Scene, Slot};
use crate::strategy::hop::Hop;

/// The images that were asked for; all if none was named.
pub(super) struct Chosen {
    names: Vec<Name>,
}

impl Chosen {
    /// # Errors
    /// [`Kind::NotFound`] for an image that FROM or TO does not have; [`Kind::Refused`] `image-ambiguous` for a name that
    /// fits several; [`Kind::Config`] for an alias that stands for no image.
    pub(super) fn of(hop: &Hop<'_>, look: &Look<'_>) -> Result<Chosen, Error> {
        let images = &hop.loaded.config.images;
        let mut names = Vec::new();
        for typed in &hop.ask.images {
            let alias = images.iter().find(|it| it.alias.as_deref() == Some(typed.as_str()));
            names.push(match alias {
                None => typed.clone(),
                Some(image) => Name::parse(&image.name).map_err(|cause| {
                    Error::new(Kind::Config, "config", format!("`images[].name` is `{}`", image.name)).because(cause)
                })?,
            });
        }
        let chosen = Chosen { names };
        for name in &chosen.names {
            chosen.refuse_ambiguous(hop, look, name)?;
            chosen.refuse_missing(look, name)?;
        }
        Ok(chosen)
    }

    pub(super) fn holds_pair(&self, look: &Look<'_>, pair: &Pair<'_>) -> bool {
        self.holds(&look.from_scene, pair.from) || self.holds(&look.to_scene, pair.to)
    }

    pub(super) fn holds(&self, scene: &Scene<'_>, slot: &Slot) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| fits(name, scene, slot))
    }

    fn refuse_missing(&self, look: &Look<'_>, name: &Name) -> Result<(), Error> {
        let pairs = look.pairs();
        let sides =
            std::iter::once((&look.from, &look.from_scene)).chain(look.to.iter().map(|it| (it, &look.to_scene)));
        for (side, scene) in sides {
            let is_paired = |slot: &Slot| {
                pairs.iter().any(|pair| {
                    let is_here = std::ptr::eq(pair.from, slot) || std::ptr::eq(pair.to, slot);
                    is_here && (fits(name, &look.from_scene, pair.from) || fits(name, &look.to_scene, pair.to))
                })
            };
            if side.slots.iter().any(|slot| fits(name, scene, slot) || is_paired(slot)) {
                continue;
            }
            let message = format!("no image named `{name}` in environment `{}`", side.environment.name);
            let error = Error::new(Kind::NotFound, "image-not-found", message);
            return Err(with_nearest(error, name, &side.slots));
        }
        Ok(())
    }

    fn refuse_ambiguous(&self, hop: &Hop<'_>, look: &Look<'_>, name: &Name) -> Result<(), Error> {
        let mut groups: Vec<Vec<&Repository>> = Vec::new();
        let scenes =
            std::iter::once((&look.from, &look.from_scene)).chain(look.to.iter().map(|it| (it, &look.to_scene)));
        let mut all: Vec<&Repository> = Vec::new();
        let mut same: Vec<Vec<&Repository>> = Vec::new();
        for (side, scene) in scenes {
            for slot in &side.slots {
                let names = names_of(scene, slot);
                all.extend(&names);
                same.push(names);
            }
        }
        same.extend(look.pairs().iter().map(|pair| vec![&pair.from.image, &pair.to.image]));
        for picked in name.pick(all) {
            let is_known = |group: &Vec<&Repository>| {
                group.iter().any(|other| {
                    let one = |names: &Vec<&Repository>| {
                        names.iter().any(|it| it.same_as(other)) && names.iter().any(|it| it.same_as(picked))
                    };
                    declared_together(&hop.loaded.config.images, other, picked).is_some() || same.iter().any(one)
                })
            };
            match groups.iter_mut().find(|group| is_known(group)) {
                Some(group) => group.push(picked),
                None => groups.push(vec![picked]),
            }
        }
        if groups.len() < 2 {
            return Ok(());
        }
        let full: Vec<String> = groups.iter().map(|group| group[0].normalised().to_owned()).collect();
        let message = format!("the name `{name}` fits {} images", full.len());
        let to = hop.to.names().join(",");
        let from = &look.from.environment.name;
        let error = Error::new(Kind::Refused, "image-ambiguous", message);
        let run = |image: &String| Hint::Run(format!("rakops promote {from} {to} {image}"));
        let error = full.iter().take(10).fold(error, |error, image| error.hint(run(image)));
        Err(error.hint(Hint::Found(full)))
    }
}

/// Everything that a slot's image answers to.
fn names_of<'l>(scene: &'l Scene<'_>, slot: &'l Slot) -> Vec<&'l Repository> {
    let (_, site) = scene.survey.at(slot.at);
    [&slot.identity, &slot.image].into_iter().chain(&site.also).collect()
}

fn fits(name: &Name, scene: &Scene<'_>, slot: &Slot) -> bool {
    names_of(scene, slot).iter().any(|it| name.fit(it).is_some())
}

/// Adds the names nearest to the one that was typed.
fn with_nearest(error: Error, name: &Name, slots: &[Slot]) -> Error {
    let mut known: Vec<&str> = slots.iter().map(|slot| slot.image.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let short = name.last_segment();
    let distance = |known: &str| strsim::damerau_levenshtein(known.rsplit('/').next().unwrap_or(known), short);
    let mut near: Vec<(usize, &str)> = known.iter().map(|it| (distance(it), *it)).collect();
    near.retain(|(distance, _)| *distance <= 1.max(short.len() / 3));
    near.sort_unstable();
    if !near.is_empty() {
        return error.hint(Hint::Nearest(
            near.into_iter().take(3).map(|(_, it)| it.to_owned()).collect(),
        ));
    }
    match known.is_empty() {
        true => error.hint(Hint::Say("no images are found there at all".into())),
        false => error.hint(Hint::Found(known.into_iter().take(12).map(str::to_owned).collect())),
    }
}
