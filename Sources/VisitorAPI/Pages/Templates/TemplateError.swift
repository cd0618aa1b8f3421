/// Why an operator's template cannot be used.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    package var path: String
    /// From 1.
    package var line: Int
    /// What is wrong and what would be right.
    package var message: String

    package var description: String { "\(path):\(line): \(message)" }
}
