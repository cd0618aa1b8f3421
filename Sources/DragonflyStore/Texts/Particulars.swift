/// What a visitor brought along, as one word: `-` or `=user`, and behind it `,key=value` for each pair.
struct Particulars: Hashable {
    static let none = "-"

    var userID: String?
    var metadata: [String: String]

    init(userID: String?, metadata: [String: String]) {
        self.userID = userID
        self.metadata = metadata
    }

    init(_ text: some StringProtocol) {
        metadata = [:]
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let value = Token.unescaped(part[part.index(after: equals)...])
            if index == 0 { userID = value } else { metadata[Token.unescaped(part[..<equals])] = value }
        }
    }

    /// The name of the hash in which the user's last position is noted, as the scripts reckon it; nil without a user.
    var userKey: String? {
        userID.map { user in
            let sum = Token.escaped(user).utf8.reduce(0) { ($0 * 31 + Int($1)) % 16_384 }
            return "i:" + String(sum, radix: 16)
        }
    }

    var text: String {
        var text = userID.map { "=" + Token.escaped($0) } ?? Self.none
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            text += "," + Token.escaped(key) + "=" + Token.escaped(value)
        }
        return text
    }
}
