/// Why a call came to nothing, in words that an operator can act on.
package struct AdminRefusal: Error, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// No connection, or one that broke or said nothing in time: it may go better later.
        case unreachable
        /// The key is unknown or may not do this.
        case key
        /// There is no such room, position or session.
        case unknown
        /// The gate will not do it, or not now.
        case refused
        /// The answer is none of this API's.
        case unreadable
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
