//! Reads an Xauthority file (Xau(3)): entries of family, address, number of the display, name and data, each after two bytes of
//! length, big end first. Pure.

/// What a connection to a display is set up with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

/// The one kind of authorization that is known: whoever has the data is in.
pub(crate) const COOKIE: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// `FamilyLocal` and `FamilyWild` of X11/Xauth.h: entries for this machine, and for all.
const FAMILIES: [u16; 2] = [256, 65535];

/// The cookie of a display of this machine, in the first entry that has one.
pub(crate) fn cookie(file: &[u8], display: u32) -> Option<Authorization> {
    let number = display.to_string();
    let mut rest = file;
    while let Some(family) = word(&mut rest) {
        let _address = string(&mut rest)?;
        let of_display = string(&mut rest)?;
        let (name, data) = (string(&mut rest)?, string(&mut rest)?);
        let is_for_it = of_display.is_empty() || of_display == number.as_bytes();
        if FAMILIES.contains(&family) && is_for_it && name == COOKIE {
            return Some(Authorization {
                name: name.to_owned(),
                data: data.to_owned(),
            });
        }
    }
    None
}

fn word(rest: &mut &[u8]) -> Option<u16> {
    let (first, more) = rest.split_first_chunk()?;
    *rest = more;
    Some(u16::from_be_bytes(*first))
}

fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::from(word(rest)?);
    let (string, more) = rest.split_at_checked(length)?;
    *rest = more;
    Some(string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(family: u16, display: &str, name: &[u8], data: &[u8]) -> Vec<u8> {
        let mut entry = family.to_be_bytes().to_vec();
        for part in [b"host", display.as_bytes(), name, data] {
            entry.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
            entry.extend(part);
        }
        entry
    }

    #[test]
    fn the_cookie_is_that_of_the_display_on_this_machine() {
        let file = [
            entry(0, "7", COOKIE, b"internet"),
            entry(256, "8", COOKIE, b"other"),
            entry(256, "7", b"XDM-AUTHORIZATION-1", b"des"),
            entry(256, "7", COOKIE, b"own"),
            entry(65535, "", COOKIE, b"any"),
        ]
        .concat();
        let found = |display| cookie(&file, display).map(|found| found.data);
        assert_eq!(found(7), Some(b"own".to_vec()));
        assert_eq!(found(8), Some(b"other".to_vec()));
        assert_eq!(found(9), Some(b"any".to_vec()));
        assert_eq!(cookie(b"", 7), None);
        let (cut, _last) = file.split_at(file.len() - 1);
        assert_eq!(cookie(cut, 9), None);
    }
}
