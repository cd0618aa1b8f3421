import Mustache
import RoomConfiguration

/// A room's own queue page: a Mustache template whose every tag is known to mean something.
struct OperatorTemplate: Sendable {
    /// Of a template and of a page made from it, in bytes.
    static let largestSource = 256 * 1024
    static let largestPage = 1024 * 1024

    /// False: the browser is told to load the page anew at each poll interval.
    let hasLiveScript: Bool
    private let template: MustacheTemplate

    init(_ file: TemplateFile) throws(TemplateError) {
        guard file.source.utf8.count <= Self.largestSource else {
            throw TemplateError(
                path: file.path, line: 1, message: "the template is larger than \(Self.largestSource / 1024) KiB")
        }
        hasLiveScript = try TemplateTags(of: file.source, path: file.path).hasLiveScript
        do {
            template = try MustacheTemplate(string: Self.withNonces(file.source))
        } catch {
            let place = (error as? MustacheTemplate.ParserError)?.context
            throw TemplateError(
                path: file.path, line: place?.lineNumber ?? 1,
                message: "not a Mustache template: \((error as? MustacheTemplate.ParserError)?.error ?? error)")
        }
    }

    /// The page as UTF-8; nil if it would be larger than `largestPage`: then the built-in page is due.
    func render(_ model: QueuePageModel, roomName: String, nonce: String, builtIn: QueuePage) -> [UInt8]? {
        let variables = TemplateVariables(
            model, roomName: roomName, nonce: nonce, builtIn: builtIn, budget: Self.largestPage)
        let page = template.render(variables)
        guard !variables.isExhausted else { return nil }
        return Array(page.utf8)
    }

    /// Gives each inline `<script>`, `<style>` and `<link>` that has none a nonce attribute, so that pages written for
    /// other waiting rooms work under our policy. Unquoted, because such a tag may also stand in a script's string.
    static func withNonces(_ source: String) -> String {
        var result = ""
        var rest = Substring(source)
        while let start = rest.firstIndex(of: "<") {
            result += rest[..<start]
            rest = rest[start...]
            let element = rest.dropFirst().prefix { $0.isASCII && $0.isLetter }
            let after = rest[element.endIndex...]
            let tag = after.prefix { $0 != ">" }
            result += rest[..<element.endIndex]
            if ["script", "style", "link"].contains(element.lowercased()),
                after.first.map({ $0 == ">" || $0.isWhitespace }) == true,
                tag.endIndex < rest.endIndex, !tag.contains("nonce=")
            {
                result += " nonce={{nonce}}"
            }
            rest = after
        }
        return result + rest
    }
}
