/// What operators did and the file changed, newest first.
package struct AuditTrail: Hashable, Sendable, Decodable {
    package struct Entry: Hashable, Sendable, Decodable {
        package var time: String
        package var actor: String
        package var room: String?
        package var action: String
        var detail: JSONValue?

        enum CodingKeys: String, CodingKey {
            case time, actor
            case room = "queue_id"
            case action, detail
        }
    }

    package var entries: [Entry]
}
