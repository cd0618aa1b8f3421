/// Something to solve before the gate goes on with a visitor. The gate keeps nothing of it: it comes back with the answer,
/// under a code that only gates can make.
package struct Challenge: Hashable, Sendable {
    /// What solving it leads to.
    package enum Purpose: UInt8, Sendable {
        /// A place in line.
        case join = 1
        /// Going on in line, after polls like those of a program.
        case pace = 2
        /// A token for the network that the visitor is on now.
        case network = 3
    }

    package let purpose: Purpose
    package let reason: ChallengeReason
    /// Nil: not by work, but by the word of a provider.
    package let work: Work?
    /// Milliseconds since 1970.
    package let issuedAt: Int64
    let serial: UInt64

    /// How long it may be answered. A position that was made with it is remembered by its store for longer, so that no
    /// challenge makes two.
    package static let lifetime: Int64 = 300_000

    package var expiresAt: Int64 { issuedAt + Self.lifetime }

    static let encodedLength = 24
    private static let version: UInt8 = 1

    init(purpose: Purpose, reason: ChallengeReason, work: Work?, issuedAt: Int64, serial: UInt64) {
        self.purpose = purpose
        self.reason = reason
        self.work = work
        self.issuedAt = issuedAt
        self.serial = serial
    }

    /// Version, purpose, reason, bits, pieces, three zeros; issue time and serial in network order.
    var encoded: [UInt8] {
        let index = ChallengeReason.allCases.firstIndex(of: reason) ?? 0
        var bytes: [UInt8] = [
            Self.version, purpose.rawValue, UInt8(truncatingIfNeeded: index), UInt8(work?.bits ?? 0),
            UInt8(work?.pieces ?? 0), 0, 0, 0,
        ]
        for word in [UInt64(bitPattern: issuedAt), serial] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    /// Nil unless some gate of this version could have written it.
    init?(encoded bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.encodedLength, bytes[0] == Self.version, let purpose = Purpose(rawValue: bytes[1]),
            Int(bytes[2]) < ChallengeReason.allCases.count, bytes[5...7].allSatisfy({ $0 == 0 })
        else { return nil }
        self.purpose = purpose
        reason = ChallengeReason.allCases[Int(bytes[2])]
        let work = Work(bits: Int(bytes[3]), pieces: Int(bytes[4]))
        guard work != nil || bytes[3] == 0 && bytes[4] == 0 else { return nil }
        self.work = work
        issuedAt = Int64(bitPattern: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
        serial = bytes[16..<24].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
