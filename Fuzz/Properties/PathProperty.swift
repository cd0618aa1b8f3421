import HTTPWire

/// The normal form of a path is final and has no dot segments; the loose reading is what a second, plainer
/// implementation finds, and what an origin sees that is only half as lenient lies in between.
enum PathProperty {
    static func check(_ input: [UInt8]) throws(Finding) {
        let path = [UInt8(ascii: "/")] + input.filter { $0 > 0x20 && $0 != 0x7f && $0 != 0x23 && $0 != 0x3f }
        func expect(_ condition: Bool, _ rule: @autoclosure () -> String) throws(Finding) {
            if !condition { throw Finding(rule(), path) }
        }
        let isPlain = withPrefix(path, path.count) { RequestPath.isPlain($0) }
        guard let read = read(path) else { return try expect(!isPlain, "A plain path is refused") }
        let normal = read.normalized
        if isPlain {
            try expect(normal == path && read.loose == nil && !read.isSplitInDoubt, "A plain path is changed")
        }
        try expect(normal.first == UInt8(ascii: "/"), "The normal form does not begin with a slash")
        try expect(!hasDotSegments(normal), "The normal form has dot segments: \(text(normal))")
        let again = Self.read(normal)
        try expect(again?.normalized == normal, "The normal form is not final: \(text(normal))")
        try expect(again?.loose == read.loose, "The normal form has another loose reading: \(text(normal))")
        let loose = read.loose ?? normal
        try expect(!hasDotSegments(loose), "The loose reading has dot segments: \(text(loose))")
        for leniency in 0..<8 {
            let seen = Self.seen(normal, leniency)
            try expect(!hasDotSegments(seen), "An origin sees dot segments: \(text(seen))")
            if leniency == 7 { try expect(seen == loose, "The loose reading is \(text(loose)), not \(text(seen))") }
            if !read.isSplitInDoubt { try expect(seen == normal || seen == loose, "A third reading: \(text(seen))") }
        }
    }

    private static func read(_ path: [UInt8]) -> RequestPath? {
        withPrefix(path, path.count) { try? RequestPath($0) }
    }

    /// What an origin makes of a path: it decodes it (1), drops parameters (2), merges slashes (4).
    private static func seen(_ path: [UInt8], _ leniency: Int) -> [UInt8] {
        var segments = [path]
        if leniency & 1 != 0 {
            segments[0] = decoded(path).map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }
        }
        segments = segments[0].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        if leniency & 2 != 0 { segments = segments.map { Array($0.prefix { $0 != UInt8(ascii: ";") }) } }
        if leniency & 4 != 0 {
            let isDirectory = segments.last?.isEmpty == true
            segments = [[]] + segments.filter { !$0.isEmpty } + (isDirectory ? [[]] : [])
        }
        return Array(segments.joined(separator: [UInt8(ascii: "/")]))
    }

    private static func decoded(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = path[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(text(rest.prefix(2)), radix: 16) {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func hasDotSegments(_ path: [UInt8]) -> Bool {
        path.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
    }
}
