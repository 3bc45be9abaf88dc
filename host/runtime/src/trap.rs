//! What wasmtime calls a trap, in words for whoever runs the layer.

use wasmtime::Trap;

/// What the layer did, after "trapped: ".
pub(crate) fn sentence(trap: Trap) -> String {
    let words = match trap {
        Trap::MemoryOutOfBounds => "read or wrote outside its memory",
        Trap::TableOutOfBounds => "used an element outside a table",
        Trap::IndirectCallToNull => "called a function through an empty table element",
        Trap::BadSignature => "called a function through a table as if it had another type",
        Trap::IntegerOverflow => "overflowed in an integer division",
        Trap::IntegerDivisionByZero => "divided an integer by zero",
        Trap::BadConversionToInteger => "converted a number to an integer that cannot hold it",
        Trap::UnreachableCodeReached => {
            "gave up without a message (`unreachable`), as after an abort or a panic that it does not log"
        }
        Trap::NullReference => "used an empty reference",
        Trap::CannotEnterComponent => "was entered while one of its functions was still running",
        Trap::CannotLeaveComponent => {
            "called the host where it may not, while the host was handing over data"
        }
        Trap::InvalidChar | Trap::InvalidDiscriminant => "handed over a value that its type does not have",
        Trap::StringOutOfBounds | Trap::ListOutOfBounds => "handed over data outside its memory",
        Trap::UnalignedPointer => "handed over a pointer that is not aligned",
        other => return format!("stopped with \"{}\"", other.to_string().trim_start_matches("wasm trap: ")),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_are_told_in_plain_words() {
        assert_eq!(sentence(Trap::IntegerDivisionByZero), "divided an integer by zero");
        assert_eq!(sentence(Trap::MemoryOutOfBounds), "read or wrote outside its memory");
    }

    #[test]
    fn a_trap_without_words_of_ours_has_those_of_wasmtime() {
        assert_eq!(sentence(Trap::HeapMisaligned), "stopped with \"unaligned atomic\"");
    }
}
