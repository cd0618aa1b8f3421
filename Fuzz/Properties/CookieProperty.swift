import HTTPWire

/// The gate's cookies are those that splitting at each `;` and at the first `=` finds (RFC 6265 §4.2.1), and cutting
/// them out leaves all others.
enum CookieProperty {
    private struct Cookie: Hashable {
        var name: [UInt8]
        var value: [UInt8]
    }

    static func check(_ input: [UInt8]) throws(Finding) {
        let field = input.filter { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
        let all = split(field)
        let expected = all.filter(isOurs)
        var cookies = GateCookies()
        let isRefused = withPrefix(field, field.count) { bytes in
            do throws(HeadRefusal) {
                try cookies.scan(bytes, value: 0..<bytes.count)
                return false
            } catch {
                return true
            }
        }
        let isDouble = Set(expected.map(\.name)).count < expected.count
        guard isRefused == (isDouble || expected.count > GateCookies.limit) else {
            throw Finding(isRefused ? "Refused, though no cookie is double" : "A double cookie is taken", field)
        }
        if isRefused { return }
        let found = cookies.pairs.map { pair in
            Cookie(
                name: Array((pair.kind == .position ? "anteroom_p_" : "anteroom_s_").utf8) + field[pair.room],
                value: Array(field[pair.value]))
        }
        guard found == expected else { throw Finding("Found \(found), not \(expected)", field) }
        var rest = field
        for pair in cookies.pairs.reversed() { rest.removeSubrange(pair.cut) }
        guard split(rest) == all.filter({ !isOurs($0) }) else { throw Finding("Cut to \(text(rest))", field) }
    }

    private static func isOurs(_ cookie: Cookie) -> Bool {
        cookie.name.starts(with: "anteroom_p_".utf8) || cookie.name.starts(with: "anteroom_s_".utf8)
    }

    private static func split(_ field: [UInt8]) -> [Cookie] {
        field.split(separator: UInt8(ascii: ";")).compactMap { piece in
            let pair = trimmed(piece)
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return Cookie(name: Array(pair[..<equals]), value: Array(pair[(equals + 1)...]))
        }
    }
}
