/// Follows the chain through the recorded texts of one room and says where it does not hold.
package struct ChainChecker: Sendable {
    /// A place at which the record is not what was written, or not all of it.
    package struct Break: Hashable, Sendable, CustomStringConvertible {
        package enum Reason: Hashable, Sendable {
            /// The text does not follow from the one before it with its hash.
            case altered
            /// There was a chain, and this has no part in it.
            case unlinked
            /// A hash that somebody kept is not in the chain any more.
            case rewritten
        }

        package let reason: Reason
        /// Of the event.
        package let sequence: UInt64
        /// Of the event before it; 0 if there was none.
        package let previous: UInt64

        package var description: String {
            switch reason {
            case .altered:
                "event \(sequence): chain: does not follow from event \(previous): one of them was changed, or what stood "
                    + "between them was removed or moved"
            case .unlinked: "event \(sequence): chain: has no hash, though those before it had"
            case .rewritten:
                "event \(sequence): chain: is not the event whose hash was kept: what was recorded up to it was written anew"
            }
        }
    }

    package private(set) var breaks: [Break] = []
    /// The sequence of the first event with a hash; nil while there was none.
    package private(set) var beginning: UInt64?
    package private(set) var head: ChainHash?
    /// Of the last event.
    package private(set) var sequence: UInt64 = 0
    private var kept: [UInt64: ChainHash]

    /// - Parameter kept: hashes that were published, by the sequence of the event; they must all be found.
    package init(kept: [UInt64: ChainHash] = [:]) { self.kept = kept }

    /// Begins behind what is not there any more, such as what a snapshot stands for.
    package mutating func begin(after sequence: UInt64, _ head: ChainHash?) {
        self.sequence = sequence
        self.head = head
        if head != nil { beginning = sequence + 1 }
        kept = kept.filter { $0.key > sequence || $0.key == sequence && $0.value != head }
    }

    /// Takes the next text of the record.
    /// - `sequence`: of the event; nil for what is none and stands between events.
    package mutating func observe(_ text: ArraySlice<UInt8>, sequence number: UInt64?) {
        let number = number ?? sequence
        if let link = ChainLink(text) {
            if !link.follows(head ?? .beginning) {
                breaks.append(Break(reason: .altered, sequence: number, previous: sequence))
            }
            beginning = beginning ?? number
            head = link.hash
            if kept[number] == link.hash { kept[number] = nil }
        } else if head != nil {
            breaks.append(Break(reason: .unlinked, sequence: number, previous: sequence))
        }
        sequence = number
    }

    /// What those kept hashes show that were not found. To be asked once, at the end.
    package var missing: [Break] {
        kept.keys.sorted().map { Break(reason: .rewritten, sequence: $0, previous: sequence) }
    }
}
