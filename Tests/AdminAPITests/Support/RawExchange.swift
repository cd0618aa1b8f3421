import NIOCore
import NIOPosix

/// What a server sent on one connection until it closed it.
struct RawExchange {
    let head: String
    let body: String

    var statusLine: String { String(head.prefix { $0 != "\r\n" }) }

    /// Sends `request` as it is, and reads until the server closes.
    init(port: Int, _ request: String) async throws {
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let text = try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ByteBuffer()
            for try await var bytes in inbound { answer.writeBuffer(&bytes) }
            return String(buffer: answer)
        }
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        head = parts.first.map(String.init) ?? ""
        body = parts.count > 1 ? String(parts[1]) : ""
    }

    /// One request without a body on a connection of its own.
    init(port: Int, _ method: String, _ target: String) async throws {
        try await self.init(port: port, "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }

    /// The value of a field that is there once.
    subscript(field: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == field.lowercased() {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }
}
