extension String {
    /// Without what a terminal would obey: visitors choose their User-Agents. Control and invisible format characters and
    /// line ends (Unicode's Cc, Cf, Zl, Zp) become U+FFFD.
    package var printable: String {
        guard unicodeScalars.contains(where: \.commandsTerminal) else { return self }
        var result = ""
        for scalar in unicodeScalars { result.unicodeScalars.append(scalar.commandsTerminal ? "\u{fffd}" : scalar) }
        return result
    }

    /// How many columns of a terminal it takes.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

    /// As much of it as fits, with an ellipsis where something is missing.
    func cut(to limit: Int) -> String {
        guard columns > limit else { return self }
        var result = ""
        var room = limit - 1
        for character in self {
            room -= String(character).columns
            guard room >= 0 else { break }
            result.append(character)
        }
        return limit > 0 ? result + "…" : ""
    }

    /// In lines of at most this many columns, broken at spaces where there are any.
    func wrapped(to width: Int) -> [String] {
        var lines = [""]
        for word in split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = word
            } else if line.columns + 1 + word.columns <= width {
                lines[lines.count - 1] = "\(line) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines.flatMap { $0.broken(at: width) }
    }

    /// A word that is longer than a line.
    private func broken(at width: Int) -> [String] {
        var pieces = [""]
        for character in self {
            if pieces[pieces.count - 1].columns + String(character).columns > max(1, width) { pieces.append("") }
            pieces[pieces.count - 1].append(character)
        }
        return pieces
    }

    /// With spaces up to this many columns.
    func padded(to width: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - columns))
        return isRight ? space + self : self + space
    }
}

extension Unicode.Scalar {
    fileprivate var commandsTerminal: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// Two where East Asian text is wide and for pictures (UAX #11), none for marks that stand on the one before.
    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff,
            0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}
