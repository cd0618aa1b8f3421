import WaitingRoom

extension Pass {
    /// As scripts are told it: id, the priority that it gives, its uses, when it ends.
    var text: String { "\(id.hex):\(max(0, priority)):\(max(0, uses)):\(expiresAt.milliseconds)" }
}

extension PassID {
    var hex: String { PositionID(bits: bits).hex }

    init?(hex: some StringProtocol) {
        guard let id = PositionID(hex: hex) else { return nil }
        self.init(bits: id.bits)
    }
}
