//! One tiny layer per misbehaviour, for the tests of the host. Each is an example of this crate; what they share, and
//! the kernel that the benchmark also runs natively, is here.
