/// The modules of a QR code, and which of them are its fixed patterns.
struct QRMatrix: Sendable {
    private let version: QRVersion
    private let size: Int
    private var dark: [Bool]
    private var fixed: [Bool]

    /// With the patterns that are the same in every code of the version (clause 6.3).
    init(_ version: QRVersion) {
        self.version = version
        size = version.size
        dark = [Bool](repeating: false, count: size * size)
        fixed = dark
        for index in 0..<size {
            fix(6, index, index % 2 == 0)
            fix(index, 6, index % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { placeFinder(x, y) }
        let centres = version.alignmentCentres
        let last = centres.last ?? 0
        for x in centres {
            for y in centres where !((x, y) == (6, 6) || (x, y) == (6, last) || (x, y) == (last, 6)) {
                placeAlignment(x, y)
            }
        }
        placeFormat(0)
        placeVersion()
    }

    subscript(x: Int, y: Int) -> Bool { dark[y * size + x] }

    private mutating func fix(_ x: Int, _ y: Int, _ isDark: Bool) {
        dark[y * size + x] = isDark
        fixed[y * size + x] = true
    }

    /// With the light border around it.
    private mutating func placeFinder(_ centreX: Int, _ centreY: Int) {
        for y in max(0, centreY - 4)...min(size - 1, centreY + 4) {
            for x in max(0, centreX - 4)...min(size - 1, centreX + 4) {
                let distance = max(abs(x - centreX), abs(y - centreY))
                fix(x, y, distance != 2 && distance != 4)
            }
        }
    }

    private mutating func placeAlignment(_ centreX: Int, _ centreY: Int) {
        for y in centreY - 2...centreY + 2 {
            for x in centreX - 2...centreX + 2 { fix(x, y, max(abs(x - centreX), abs(y - centreY)) != 1) }
        }
    }

    /// Level M and the mask, twice (clause 7.9).
    private mutating func placeFormat(_ mask: Int) {
        var rest = mask
        for _ in 0..<10 { rest = rest << 1 ^ (rest >> 9) * 0x537 }
        let bits = (mask << 10 | rest) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0..<6 { fix(8, index, bit(index)) }
        fix(8, 7, bit(6))
        fix(8, 8, bit(7))
        fix(7, 8, bit(8))
        for index in 9..<15 { fix(14 - index, 8, bit(index)) }
        for index in 0..<8 { fix(size - 1 - index, 8, bit(index)) }
        for index in 8..<15 { fix(8, size - 15 + index, bit(index)) }
        fix(8, size - 8, true)
    }

    private mutating func placeVersion() {
        guard let information = version.information else { return }
        for index in 0..<18 {
            let isDark = information >> index & 1 == 1
            fix(size - 11 + index % 3, index / 3, isDark)
            fix(index / 3, size - 11 + index % 3, isDark)
        }
    }

    /// Lays the bytes down in columns of two, up and down in turn (clause 7.7.3).
    mutating func place(_ codewords: [UInt8]) {
        var index = 0
        var right = size - 1
        var isUpward = true
        while right >= 1 {
            // The column of the timing pattern is left out.
            if right == 6 { right = 5 }
            for step in 0..<size {
                let y = isUpward ? size - 1 - step : step
                for x in [right, right - 1] where !fixed[y * size + x] {
                    guard index < 8 * codewords.count else { continue }
                    dark[y * size + x] = codewords[index / 8] >> UInt8(7 - index % 8) & 1 == 1
                    index += 1
                }
            }
            right -= 2
            isUpward.toggle()
        }
    }

    /// Clause 7.8.2.
    func masked(by mask: Int) -> QRMatrix {
        var result = self
        for y in 0..<size {
            for x in 0..<size where !fixed[y * size + x] {
                let turns =
                    switch mask {
                    case 0: (x + y) % 2 == 0
                    case 1: y % 2 == 0
                    case 2: x % 3 == 0
                    case 3: (x + y) % 3 == 0
                    case 4: (x / 3 + y / 2) % 2 == 0
                    case 5: x * y % 2 + x * y % 3 == 0
                    case 6: (x * y % 2 + x * y % 3) % 2 == 0
                    default: ((x + y) % 2 + x * y % 3) % 2 == 0
                    }
                if turns { result.dark[y * size + x].toggle() }
            }
        }
        result.placeFormat(mask)
        return result
    }

    /// How much there is in it that could mislead a reader (clause 7.8.3.1).
    var penalty: Int {
        var penalty = 0
        for index in 0..<size {
            penalty += Self.penalty(of: (0..<size).map { self[$0, index] })
            penalty += Self.penalty(of: (0..<size).map { self[index, $0] })
        }
        for y in 1..<size {
            for x in 1..<size
            where self[x, y] == self[x - 1, y] && self[x, y] == self[x, y - 1]
                && self[x, y] == self[x - 1, y - 1]
            {
                penalty += 3
            }
        }
        let share = 20 * dark.count(where: { $0 })
        return penalty + 10 * (abs(share - 10 * size * size) / (size * size))
    }

    /// Runs of five and more, and what looks like a finder pattern.
    private static func penalty(of line: [Bool]) -> Int {
        var penalty = 0
        var run = 0
        for index in line.indices {
            run = index > 0 && line[index] == line[index - 1] ? run + 1 : 1
            if run == 5 { penalty += 3 } else if run > 5 { penalty += 1 }
        }
        let finder = [true, false, true, true, true, false, true]
        for start in 0...line.count - finder.count where Array(line[start..<start + finder.count]) == finder {
            // What is outside of the code is light.
            func isLight(_ range: Range<Int>) -> Bool { range.allSatisfy { !line.indices.contains($0) || !line[$0] } }
            if isLight(start - 4..<start) || isLight(start + 7..<start + 11) { penalty += 40 }
        }
        return penalty
    }
}
