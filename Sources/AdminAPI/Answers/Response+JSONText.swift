import Hummingbird
import QueueStore

extension Response {
    /// One object.
    static func json(_ members: (inout JSONText) -> Void) -> Response {
        var text = JSONText()
        text.object(members)
        return .fresh(body: text.bytes, contentType: "application/json")
    }

    static var noContent: Response { Response(status: .noContent, headers: [.cacheControl: "no-store"]) }
}
