//! A descriptor as bytes in memory.

/// Bytes of a parameter as the canonical ABI has it.
const PARAMETER_BYTES: usize = 88;

/// What a descriptor says of settings.
#[derive(Debug, Clone, Copy)]
pub enum Parameters {
    /// None.
    None,
    /// One.
    One(OneParameter),
    /// So many without a name.
    Many(u32),
}

/// A number with its bounds, named `depth`.
#[derive(Debug, Clone, Copy)]
pub struct OneParameter {
    /// Its default.
    pub default: f64,
    /// Its least value.
    pub minimum: Option<f64>,
    /// Its greatest value.
    pub maximum: Option<f64>,
}

/// The data segments of a descriptor.
pub(super) struct Data {
    pub(super) segments: Vec<String>,
    /// First address behind them.
    pub(super) end: usize,
}

/// Writes a descriptor to one address, and what it points to behind another.
pub(super) fn describe(
    descriptor: usize,
    free: usize,
    id: &str,
    version: &str,
    summary: &str,
    parameters: &Parameters,
) -> Data {
    let mut memory = Memory { segments: Vec::new(), free };
    let mut record = Vec::new();
    for text in [id, version, summary] {
        record.extend(memory.text(text));
    }
    // scope: per instrument
    record.extend([0; 4]);
    record.extend(memory.parameters(parameters));
    // no alerts, no measures
    record.extend([0; 16]);
    memory.put(descriptor, &record);
    Data { segments: memory.segments, end: memory.free }
}

struct Memory {
    segments: Vec<String>,
    free: usize,
}

impl Memory {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        let text: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        self.segments.push(format!("(data (i32.const {at}) \"{text}\")"));
    }

    /// Stores bytes at the next address that is a multiple of 8; gives the address.
    fn store(&mut self, bytes: &[u8]) -> usize {
        let at = self.free.next_multiple_of(8);
        self.put(at, bytes);
        self.free = at + bytes.len();
        at
    }

    fn text(&mut self, text: &str) -> [u8; 8] {
        let at = self.store(text.as_bytes());
        list(at, text.len())
    }

    fn parameters(&mut self, parameters: &Parameters) -> [u8; 8] {
        match parameters {
            Parameters::None => [0; 8],
            // zeros, wherever they are: no name, no doc, the number 0, no bounds
            Parameters::Many(count) => list(super::ZEROS, *count as usize),
            Parameters::One(parameter) => {
                let name = self.text("depth");
                let at = self.store(&one(name, parameter));
                list(at, 1)
            }
        }
    }
}

/// A pointer and a length.
fn list(at: usize, length: usize) -> [u8; 8] {
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let ([a, b, c, d], [e, f, g, h]) = (word(at), word(length));
    [a, b, c, d, e, f, g, h]
}

fn one(name: [u8; 8], parameter: &OneParameter) -> Vec<u8> {
    let mut bytes = name.to_vec();
    // no doc, no unit
    bytes.extend([0; 16]);
    // the case `number` of the variant, then the number
    bytes.extend([0; 8]);
    bytes.extend(parameter.default.to_le_bytes());
    for bound in [parameter.minimum, parameter.maximum] {
        bytes.extend(u64::from(bound.is_some()).to_le_bytes());
        bytes.extend(bound.unwrap_or(0.0).to_le_bytes());
    }
    // no choices, the host's own limit of length, padding
    bytes.resize(PARAMETER_BYTES, 0);
    bytes
}
