import WaitingRoom

/// A client as one word, `address,agent`; `-` where it is not told.
extension Client {
    init(text: some StringProtocol) {
        let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            self.init(address: "", userAgent: "")
            return
        }
        self.init(address: Token.unescaped(parts[0]), userAgent: Token.unescaped(parts[1]))
    }

    var text: String { Token.escaped(address) + "," + Token.escaped(userAgent) }
}
