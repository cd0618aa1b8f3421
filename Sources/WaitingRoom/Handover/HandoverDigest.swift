/// What stands for a hand-over code wherever codes are kept: 128 bits of a keyed hash, so that who reads a store learns no
/// code.
package struct HandoverDigest: Hashable, Sendable {
    package let bits: UUIDBits

    package init(bits: UUIDBits) { self.bits = bits }
}
