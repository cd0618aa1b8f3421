import WaitingRoom

/// What a visitor brought along, as one word: `-`, `=user` or for one whom the site's server named `==user`, and behind it
/// `,key=value` for each pair.
struct Particulars: Hashable {
    static let none = "-"

    var userID: UserID?
    var metadata: [String: String]

    init(userID: UserID?, metadata: [String: String]) {
        self.userID = userID
        self.metadata = metadata
    }

    init(_ text: some StringProtocol) {
        metadata = [:]
        // By bytes: a name may begin with a mark that makes one character of it and what stands before.
        let parts = String(text)[...].utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = Substring(part[part.index(after: equals)...])
            if index == 0 {
                userID = UserID(word: value)
            } else {
                metadata[Token.unescaped(Substring(part[..<equals]))] = Token.unescaped(value)
            }
        }
    }

    /// The name of the hash in which the user's last position is noted, as the scripts reckon it; nil without a user.
    var userKey: String? {
        userID.map { user in
            let sum = user.word.utf8.reduce(0) { ($0 * 31 + Int($1)) % 16_384 }
            return "i:" + String(sum, radix: 16)
        }
    }

    var text: String {
        var text = userID.map { "=" + $0.word } ?? Self.none
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            text += "," + Token.escaped(key) + "=" + Token.escaped(value)
        }
        return text
    }
}

extension UserID {
    /// As the scripts have it. No escaped name has the character that stands before a verified one.
    var word: String { (isVerified ? "=" : "") + Token.escaped(name) }

    fileprivate init(word: Substring) {
        let isVerified = word.utf8.first == UInt8(ascii: "=")
        let name = isVerified ? Substring(word.utf8.dropFirst()) : word
        self.init(Token.unescaped(name), isVerified: isVerified)
    }
}
