//! What a program says after the beginning, request by request: passed on as it is, but for the names of extensions that need
//! descriptors or memory that both sides see. A display that is asked about one under another name says that it has none, and the
//! program does without, as over a network. No wall: what a display lets a program do is the display's to say. Pure.

use super::setup::Order;

/// `QueryExtension` (X Window System Protocol, chapter 9).
const QUERY_EXTENSION: u8 = 98;

/// Extensions that a relay of bytes breaks.
const HIDDEN: [&[u8]; 3] = [b"DRI2", b"DRI3", b"MIT-SHM"];

/// The longest request about an extension that is looked at: eight bytes, and a name.
const LONGEST: usize = 64;

/// How far the talk is.
#[derive(Debug)]
pub(crate) struct Requests {
    order: Order,
    /// Bytes of a request that have come and cannot be passed on yet: fewer than [`LONGEST`].
    held: Vec<u8>,
    /// Bytes of the present request that may pass.
    left: usize,
}

impl Requests {
    pub(crate) fn new(order: Order) -> Self {
        Self {
            order,
            held: Vec::new(),
            left: 0,
        }
    }

    /// What is to be passed on when this has come. A request that says it is shorter than its own head ends the looking: the
    /// display refuses it.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mut passed = Vec::with_capacity(self.held.len());
        loop {
            let ready = self.left.min(self.held.len());
            passed.extend(self.held.drain(..ready));
            self.left -= ready;
            if 0 < self.left || !self.next() {
                return passed;
            }
        }
    }

    /// Looks at the next request; false when more of it must come first.
    fn next(&mut self) -> bool {
        let Some((&[opcode, _, units @ ..], rest)) = self.held.split_first_chunk::<4>() else {
            return false;
        };
        let units = match self.order.word(units) {
            // A long one (extension BIG-REQUESTS).
            0 => match rest.first_chunk() {
                // Its head alone has two units.
                Some(units) => self.order.long(*units).max(2),
                None => return false,
            },
            units => u32::from(units),
        };
        let length = usize::try_from(units)
            .unwrap_or(usize::MAX)
            .saturating_mul(4)
            .max(4);
        if opcode == QUERY_EXTENSION && length <= LONGEST {
            let Some(request) = self.held.get_mut(..length) else {
                return false;
            };
            hide(self.order, request);
        }
        self.left = length;
        true
    }
}

/// Makes the name of an extension that is hidden another one.
fn hide(order: Order, request: &mut [u8]) {
    let Some((&mut [_, _, _, _, low, high, _, _], name)) = request.split_first_chunk_mut() else {
        return;
    };
    let length = usize::from(order.word([low, high]));
    if let Some(name) = name.get_mut(..length)
        && HIDDEN.contains(&&*name)
    {
        name.fill(b'-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &[u8]) -> Vec<u8> {
        let units = u16::try_from(2 + name.len().div_ceil(4)).unwrap();
        let mut request = vec![QUERY_EXTENSION, 0];
        request.extend(units.to_le_bytes());
        request.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        request.extend([0, 0]);
        request.extend(name);
        request.resize(usize::from(units) * 4, 0);
        request
    }

    #[test]
    fn extensions_that_a_relay_breaks_are_asked_about_under_another_name_however_the_bytes_come() {
        let long = [&[1, 0, 0, 0, 4, 0, 0, 0][..], &[98, 0, 9, 9, 9, 9, 9, 9]].concat();
        let said = [query(b"RENDER"), query(b"DRI3"), long.clone(), query(b"MIT-SHM")].concat();
        let expected = [query(b"RENDER"), query(b"----"), long, query(b"-------")].concat();
        for size in 1..said.len() {
            let mut requests = Requests::new(Order::Little);
            let heard: Vec<u8> = said.chunks(size).flat_map(|part| requests.feed(part)).collect();
            assert_eq!(heard, expected, "{size}");
            assert!(requests.held.is_empty());
        }
    }

    #[test]
    fn nothing_is_held_for_long() {
        let mut requests = Requests::new(Order::Big);
        let said = [&[QUERY_EXTENSION, 0, 0xff, 0xff][..], &[7; 1000]].concat();
        assert_eq!(requests.feed(&said), said);
        let mut requests = Requests::new(Order::Big);
        // Shorter than its own head.
        assert_eq!(requests.feed(&[1, 0, 0, 0, 0, 0, 0, 0]).len(), 8);
    }
}
