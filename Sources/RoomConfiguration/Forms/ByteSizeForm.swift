extension ScalarForm<Int> {
    /// A number of bytes: `512`, `32KiB`, `1MiB`.
    static func byteSize(_ range: ClosedRange<Int>) -> Self {
        ScalarForm { text throws(Mistake) in
            let digits = text.prefix { ("0"..."9").contains($0) }
            guard !digits.isEmpty, let factor = factors[String(text.dropFirst(digits.count))] else {
                throw Mistake("\(text.quoted) is not a size", "write bytes, such as 512, 32KiB or 1MiB")
            }
            let (value, overflow) = (Int(digits) ?? .max).multipliedReportingOverflow(by: factor)
            guard !overflow, range.contains(value) else {
                throw Mistake(
                    "\(text.quoted) is too \(overflow || value > range.upperBound ? "large" : "small")",
                    "write a size from \(range.lowerBound) bytes to \(range.upperBound / 1024)KiB")
            }
            return value
        }
    }
}

private let factors = ["": 1, "B": 1, "KiB": 1024, "MiB": 1024 * 1024, "GiB": 1024 * 1024 * 1024]
