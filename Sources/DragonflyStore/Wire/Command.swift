import NIOCore

/// A command as it goes over the wire: an array of bulk strings (RESP2).
struct Command: Hashable, Sendable {
    let words: [String]

    init(_ words: [String]) { self.words = words }

    init(_ words: String...) { self.words = words }

    /// Appends the command.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeString("*\(words.count)\r\n")
        for word in words {
            buffer.writeString("$\(word.utf8.count)\r\n")
            buffer.writeString(word)
            buffer.writeStaticString("\r\n")
        }
    }
}
