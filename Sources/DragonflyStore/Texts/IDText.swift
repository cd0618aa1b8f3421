import WaitingRoom

/// Ids as 32 hexadecimal digits.
extension PositionID {
    init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 32 else { return nil }
        let parts = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        self.init(parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-"))
    }

    /// The position that leads to `session`, but for the six bits that the UUID format fixes: the store leaves those
    /// out too.
    init(leadingTo session: SessionID) {
        let mask = SessionID(of: PositionID(bits: UUIDBits(high: 0, low: 0))).bits
        self.init(bits: UUIDBits(high: session.bits.high ^ mask.high, low: session.bits.low ^ mask.low))
    }

    var hex: String { description.filter { $0 != "-" } }
}
