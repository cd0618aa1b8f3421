/// Why an instrument could not be registered.
package struct MetricsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    package enum Code: String, Hashable, Sendable {
        /// Not `[a-zA-Z_:][a-zA-Z0-9_:]*`.
        case invalidName
        /// Not `[a-zA-Z_][a-zA-Z0-9_]*`, reserved (`__…`, and `le` in a histogram), or there twice.
        case invalidLabel
        /// The name belongs to a family of another type, or to one with other buckets.
        case conflict
        /// The family has as many label sets as it may have.
        case tooManyLabelSets
    }

    package let code: Code
    /// Names the family and what would be right.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
