import Hummingbird
import NIOCore
import RoomConfiguration

/// One thing that the admin listener answers.
struct AdminCall: Sendable {
    let method: HTTPRequest.Method
    /// `{name}` stands for any one segment.
    let path: String
    /// What a caller's key must be; nil: no key is needed.
    let role: AdminRole?
    let answer: @Sendable (AdminRequest) async throws(Problem) -> Response

    init(
        _ method: HTTPRequest.Method = .get, _ path: String, needs role: AdminRole? = nil,
        _ answer: @escaping @Sendable (AdminRequest) async throws(Problem) -> Response
    ) {
        self.method = method
        self.path = path
        self.role = role
        self.answer = answer
    }

    /// Whether a request's path is of this call.
    func matches(_ target: String) -> Bool {
        let (own, other) = (Self.segments(path), Self.segments(target))
        return own.count == other.count && zip(own, other).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    private static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }
}

/// A request that was let through.
struct AdminRequest: Sendable {
    /// The most that a body may have, in bytes.
    static let bodyLimit = 8 * 1024
    /// How long a body may take to come.
    static let bodyTimeout = Duration.seconds(10)

    let head: Request
    let context: AdminContext
    /// Nil where the call needs no key.
    let caller: AdminCaller?

    /// A segment of the path.
    func segment(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// A parameter of the query.
    func parameter(_ name: String) -> String? { head.uri.queryParameters.get(name) }

    /// The values of a parameter of the query that may be there several times.
    func parameters(_ name: String) -> [String] { head.uri.queryParameters.getAll(name) }

    /// A parameter of the query that is a whole number.
    func number(_ name: String, in range: ClosedRange<Int>, or value: Int) throws(Problem) -> Int {
        guard let text = parameter(name) else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                parameter: name,
                "\(name) is no whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func body() async throws(Problem) -> [UInt8] {
        let body = head.body
        let read = await value(within: Self.bodyTimeout) { () -> Result<[UInt8], Problem> in
            do {
                return .success(Array(buffer: try await body.collect(upTo: Self.bodyLimit)))
            } catch is NIOTooManyBytesError {
                return .failure(Problem(.contentTooLarge, "A body has at most \(Self.bodyLimit) bytes."))
            } catch {
                return .failure(Problem(.badRequest, "The body did not come to its end."))
            }
        }
        guard let read else { throw Problem(.requestTimeout, "The body did not come within \(Self.bodyTimeout).") }
        return try read.get()
    }
}
