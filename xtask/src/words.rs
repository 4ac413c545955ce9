//! The words of panics, and the places in the sources that they name, out of the module's data. Panics are bare
//! traps here (`traps.rs`), so nobody reads them; and where a compiler lies on a machine is nobody's to know.

use walrus::ir::Value;
use walrus::{ConstExpr, DataKind, Module};

/// What the compiler's library says of panics, between the numbers that it puts in.
const WORDS: [&str; 11] = [
    "called `Result::unwrap()` on an `Err` value",
    "called `Option::unwrap()` on a `None` value",
    "capacity overflow",
    "explicit panic",
    "index out of bounds: the len is ",
    " but the index is ",
    "removal index (is ",
    ") should be < len (is ",
    "memory allocation of ",
    "Tried to shrink to a larger capacity",
    "LayoutError",
];

/// A `core::panic::Location`: where its file's name lies, how long that is, the line, the column.
const LOCATION: usize = 16;

/// No name of a file is longer, no file has more lines, no line more columns.
const LONGEST_NAME: usize = 4_096;
const LAST_LINE: usize = 1 << 20;

/// A part of the memory at the start.
struct Stretch {
    address: usize,
    bytes: Vec<u8>,
}

/// Puts zeros in their place, which weigh nothing once deflated: what else lies there keeps its address.
pub(crate) fn blank(module: &mut Module) {
    let mut stretches = vec![];
    for data in module.data.iter() {
        if let DataKind::Active { offset: ConstExpr::Value(Value::I32(address)), .. } = data.kind {
            // Addresses are unsigned.
            let address = address.cast_unsigned() as usize;
            stretches.push((data.id(), Stretch { address, bytes: data.value.clone() }));
        }
    }
    let memory: Vec<&Stretch> = stretches.iter().map(|(_, stretch)| stretch).collect();
    let mut unread = locations(&memory);
    // The digits of two at a time, with which numbers are put in.
    let digits: String = (0..100).map(|number| format!("{number:02}")).collect();
    for words in WORDS.iter().copied().chain([digits.as_str()]) {
        unread.extend(memory.iter().flat_map(|stretch| stretch.places(words.as_bytes())));
    }
    for (id, stretch) in &stretches {
        let value = &mut module.data.get_mut(*id).value;
        for (address, length) in &unread {
            if let Some(place) = stretch.place(*address, *length) {
                value[place..place + length].fill(0);
            }
        }
    }
}

/// Locations and the names that they point to, as addresses and lengths.
fn locations(memory: &[&Stretch]) -> Vec<(usize, usize)> {
    let mut found = vec![];
    for stretch in memory {
        for (place, bytes) in stretch.bytes.windows(LOCATION).enumerate() {
            let number = |at: usize| bytes[at..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word) as usize);
            let [name, length, line, column] = [number(0), number(4), number(8), number(12)];
            let is_aligned = (stretch.address + place).is_multiple_of(4);
            let is_place = (1..LAST_LINE).contains(&line) && (1..LAST_LINE).contains(&column);
            if is_aligned && is_place && length <= LONGEST_NAME {
                let mut names = memory.iter().filter_map(|other| other.text(name, length));
                if names.any(|name| name.ends_with(".rs")) {
                    found.extend([(stretch.address + place, LOCATION), (name, length)]);
                }
            }
        }
    }
    found
}

impl Stretch {
    /// Where something of the memory lies in it, if it does.
    fn place(&self, address: usize, length: usize) -> Option<usize> {
        let place = address.checked_sub(self.address)?;
        (place.checked_add(length)? <= self.bytes.len()).then_some(place)
    }

    fn text(&self, address: usize, length: usize) -> Option<&str> {
        let place = self.place(address, length)?;
        str::from_utf8(&self.bytes[place..place + length]).ok()
    }

    fn places(&self, words: &[u8]) -> Vec<(usize, usize)> {
        let windows = self.bytes.windows(words.len()).enumerate();
        windows.filter(|(_, bytes)| *bytes == words).map(|(at, _)| (self.address + at, words.len())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: i32 = 1_024;

    fn module(bytes: &[u8]) -> Module {
        let mut module = Module::default();
        let memory = module.memories.add_local(false, false, 1, None, None);
        let kind = DataKind::Active { memory, offset: ConstExpr::Value(Value::I32(BASE)) };
        module.data.add(kind, bytes.to_vec());
        module
    }

    fn blanked(bytes: &[u8]) -> Vec<u8> {
        let mut module = module(bytes);
        blank(&mut module);
        module.data.iter().next().unwrap().value.clone()
    }

    fn words(numbers: [u32; 4]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn places_in_the_sources_go_with_the_names_of_their_files_and_what_lies_beside_them_stays() {
        let base = BASE.cast_unsigned();
        let name = b"src/session/line.rs";
        let length = u32::try_from(name.len()).unwrap();
        // The text that the module says begins where the name ends, and two places share the name.
        let mut bytes = [&b"join "[..], name, b"left:"].concat();
        bytes.resize(32, b'.');
        let two = [words([base + 5, length, 7, 12]), words([base + 5, length, 80, 3])].concat();
        let all = [&bytes, &two[..], b"after"].concat();

        let mut wanted = all.clone();
        wanted[5..5 + name.len()].fill(0);
        wanted[32..64].fill(0);
        assert_eq!(blanked(&all), wanted);
    }

    #[test]
    fn what_only_looks_like_a_place_stays() {
        let base = BASE.cast_unsigned();
        let text = b"src/line.rs and more";
        let mut bytes = text.to_vec();
        bytes.resize(32, b'.');
        for numbers in [
            [base, 10, 7, 12],          // not the end of the name
            [base + 600, 11, 7, 12],    // outside
            [u32::MAX, u32::MAX, 7, 1], // past all memory
            [base, 11, 0, 12],          // no line
            [base, 11, 7, u32::MAX],    // no column
        ] {
            let all = [bytes.clone(), words(numbers)].concat();
            assert_eq!(blanked(&all), all, "{numbers:?}");
        }
        let unaligned = [&bytes[..], b"..", &words([base, 11, 7, 12])].concat();
        assert_eq!(blanked(&unaligned), unaligned);
    }

    #[test]
    fn the_words_of_panics_go_and_ours_stay() {
        let all = b"explicit panic`,\"status\":\"capacity overflow,\x12index out of bounds: the len is \xc0.".to_vec();
        let kept = blanked(&all);
        let words: Vec<u8> = kept.iter().copied().filter(|byte| *byte != 0).collect();
        assert_eq!((kept.len(), words.as_slice()), (all.len(), &b"`,\"status\":\",\x12\xc0."[..]));
    }
}
