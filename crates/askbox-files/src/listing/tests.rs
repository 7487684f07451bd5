use super::*;

/// What a name of four bytes takes.
const NAME: usize = size_of::<Entry>() + ALLOCATION + 4;

fn listing(listings: &Listings, names: usize) -> Result<Listing, Errno> {
    let mut listing = listings.begin();
    for _ in 0..names {
        listing.push(OsStr::new("name"), None)?;
    }
    Ok(listing.finish())
}

#[test]
fn listings_of_a_session_take_so_much_together_until_they_go() {
    let listings = Listings::new(3 * NAME);
    let two = listing(&listings, 2).unwrap();
    assert_eq!(listing(&listings, 2).unwrap_err(), Errno::ENOMEM);
    let one = listing(&listings, 1).unwrap();
    assert_eq!(listing(&listings, 1).unwrap_err(), Errno::ENOMEM);
    drop(two);
    assert_eq!(listing(&listings, 2).unwrap().entries().len(), 2);
    drop(one);
    assert_eq!(listing(&listings, 3).unwrap().entries().len(), 3);
}

#[test]
fn one_listing_alone_may_take_all_and_no_more() {
    let listings = Listings::new(3 * NAME);
    assert_eq!(listing(&listings, 4).unwrap_err(), Errno::ENOMEM);
    assert_eq!(listing(&listings, 3).unwrap().entries().len(), 3);
}

#[test]
fn a_name_whose_kind_is_hidden_is_listed_once() {
    let listings = Listings::new(3 * NAME);
    let mut listing = listings.begin();
    listing.push(OsStr::new("name"), Some(SFlag::S_IFREG)).unwrap();
    listing.hide_kind(OsStr::new("name")).unwrap();
    listing.hide_kind(OsStr::new("else")).unwrap();
    assert_eq!(listing.entries(), [("name".into(), None), ("else".into(), None)]);
}
