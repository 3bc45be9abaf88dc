//! A row cut into its fields: in place where no quote stands in it, the normal case.

/// A row cut into its fields.
#[derive(Default)]
pub(super) struct Split {
    /// As the file has it.
    pub(super) raw: Vec<u8>,
    /// The fields without their quotes, where some are quoted.
    unquoted: Vec<u8>,
    quoted: bool,
    /// Where each field starts and ends in [`Split::text`].
    pub(super) bounds: Vec<(usize, usize)>,
    /// How far `raw` is cut: a row of several lines is cut line by line.
    cut: usize,
    /// Where the current field starts in `unquoted`.
    start: usize,
    /// Whether a quote is open.
    open: bool,
    /// Whether the current field has had nothing but blanks.
    fresh: bool,
}

impl Split {
    /// What the bounds are positions in.
    pub(super) fn text(&self) -> &[u8] {
        if self.quoted { &self.unquoted } else { &self.raw }
    }

    /// Begins another row.
    pub(super) fn clear(&mut self) {
        self.raw.clear();
        self.unquoted.clear();
        self.bounds.clear();
        (self.cut, self.start, self.open, self.fresh) = (0, 0, false, true);
    }

    /// Cuts what is new in `raw`; false when a quote is still open at its end.
    pub(super) fn split(&mut self, separator: u8) -> bool {
        self.quoted = self.cut > 0 || self.raw.contains(&b'"');
        if self.quoted { self.split_quoted(separator) } else { self.split_plain(separator) }
    }

    fn split_plain(&mut self, separator: u8) -> bool {
        let mut start = 0;
        for (index, byte) in self.raw.iter().enumerate() {
            if *byte == separator {
                self.bounds.push((start, index));
                start = index + 1;
            }
        }
        self.bounds.push((start, self.raw.len()));
        true
    }

    /// A quote counts at the start of a field only; within it, two stand for one.
    fn split_quoted(&mut self, separator: u8) -> bool {
        let mut bytes = self.raw.iter().copied().skip(self.cut).peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' if self.open && bytes.peek() == Some(&b'"') => {
                    bytes.next();
                    self.unquoted.push(b'"');
                }
                b'"' if self.open => self.open = false,
                b'"' if self.fresh => (self.open, self.fresh) = (true, false),
                _ if byte == separator && !self.open => {
                    self.bounds.push((self.start, self.unquoted.len()));
                    self.start = self.unquoted.len();
                    self.fresh = true;
                }
                _ => {
                    self.fresh &= byte == b' ';
                    self.unquoted.push(byte);
                }
            }
        }
        self.cut = self.raw.len();
        if !self.open {
            self.bounds.push((self.start, self.unquoted.len()));
        }
        !self.open
    }
}
