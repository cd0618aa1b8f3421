package import RecordChain

/// The last event of a room in a record, and its hash.
package struct RecordedHead: Hashable, Sendable {
    package let sequence: UInt64
    package let hash: ChainHash

    package init(sequence: UInt64, hash: ChainHash) {
        self.sequence = sequence
        self.hash = hash
    }
}
