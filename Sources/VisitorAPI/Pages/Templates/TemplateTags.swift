/// The tags of a template, looked at before Mustache parses it, so that a mistake is named with its line instead of
/// leaving a hole in the page.
struct TemplateTags {
    /// More would only deepen the parser's recursion.
    static let deepestSection = 32

    private(set) var hasLiveScript = false

    /// - Throws: the first tag that names nothing we know, does not match, or needs what is not here (partials, lambdas,
    ///   other delimiters).
    init(of source: String, path: String) throws(TemplateError) {
        var line = 1
        var open: [(name: String, line: Int)] = []
        var rest = Substring(source)
        while let start = rest.firstRange(of: "{{") {
            line += rest[..<start.lowerBound].count(where: \.isNewline)
            var tag = rest[start.upperBound...]
            let isTriple = tag.first == "{"
            if isTriple { tag = tag.dropFirst() }
            guard let end = tag.firstRange(of: isTriple ? "}}}" : "}}") else {
                throw TemplateError(path: path, line: line, message: "a tag that begins here has no end")
            }
            let content = tag[..<end.lowerBound]
            try check(content, isTriple: isTriple, line: line, path: path, open: &open)
            line += content.count(where: \.isNewline)
            rest = tag[end.upperBound...]
        }
        if let section = open.last {
            throw TemplateError(
                path: path, line: section.line, message: "the section {{#\(section.name)}} has no {{/\(section.name)}}")
        }
    }

    private mutating func check(
        _ content: Substring, isTriple: Bool, line: Int, path: String, open: inout [(name: String, line: Int)]
    ) throws(TemplateError) {
        func refusal(_ message: String) -> TemplateError { TemplateError(path: path, line: line, message: message) }
        let sigil = isTriple ? nil : content.first.flatMap { "#^/!&><$=%".contains($0) ? $0 : nil }
        let name = String((sigil == nil ? content : content.dropFirst()).filter { !$0.isWhitespace })
        switch sigil {
        case "!":
            return
        case ">", "<", "$":
            throw refusal("{{\(content)}}: partials and blocks are not available, put everything into one file")
        case "=", "%":
            throw refusal("{{\(content)}}: delimiters and content type cannot be changed")
        case "/":
            guard let section = open.popLast() else { throw refusal("{{/\(name)}} closes no section") }
            guard section.name == name else {
                throw refusal("{{/\(name)}} stands where {{/\(section.name)}} of line \(section.line) is due")
            }
            return
        case "#", "^":
            open.append((name, line))
            guard open.count <= Self.deepestSection else {
                throw refusal("sections are nested deeper than \(Self.deepestSection)")
            }
        default:
            break
        }
        guard name == "." || TemplateVariables.names.contains(name) else {
            let nearest = TemplateVariables.nearest(to: name).map { ", did you mean {{\($0)}}?" } ?? ""
            throw refusal("there is no variable {{\(name)}}\(nearest)")
        }
        if name == TemplateVariables.liveScript {
            guard isTriple || sigil == "&" else {
                throw refusal("{{\(name)}} is an element: write it with three braces, {{{\(name)}}}")
            }
            hasLiveScript = true
        }
    }
}
