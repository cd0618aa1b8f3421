import SessionTokens

/// The numbers that solve a challenge by work.
///
/// With seed = SHA-256 of the challenge's text, piece i (from 0) is solved by a number n below 2³² for which
/// SHA-256(seed ‖ i ‖ n), i and n in four bytes in network order, begins with so many zero bits. 40 bytes: one block, for
/// the gate and the page alike.
package enum ProofOfWork {
    /// The longest text of an answer, in bytes.
    static let longestSolution = 512

    /// Whether the numbers, in decimal with points between them, solve the challenge. About a microsecond each.
    static func solves(_ solution: String, _ challenge: String, _ work: Work) -> Bool {
        guard solution.utf8.count <= longestSolution else { return false }
        let numbers = solution.split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
        guard numbers.count == work.pieces, let seed = try? SHA256.digest(of: Array(challenge.utf8)) else {
            return false
        }
        for (piece, number) in numbers.enumerated() {
            guard let number, leadingZeros(seed, UInt32(piece), number) >= work.bits else { return false }
        }
        return true
    }

    /// The least numbers that solve it, found as the page finds them. For tests and tools.
    package static func solve(_ challenge: String, _ work: Work) -> String {
        guard let seed = try? SHA256.digest(of: Array(challenge.utf8)) else { return "" }
        let numbers = (0..<UInt32(work.pieces)).map { piece in
            (0..<UInt32.max).first { leadingZeros(seed, piece, $0) >= work.bits } ?? .max
        }
        return numbers.map(String.init).joined(separator: ".")
    }

    private static func leadingZeros(_ seed: [UInt8], _ piece: UInt32, _ number: UInt32) -> Int {
        var block = seed
        for word in [piece, number] {
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                block.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        guard let hash = try? SHA256.digest(of: block) else { return 0 }
        return hash.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }.leadingZeroBitCount
    }
}
