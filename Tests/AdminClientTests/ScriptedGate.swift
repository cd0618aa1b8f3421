import AdminClient
import NIOCore
import NIOHTTP1
import NIOPosix
import RoomConfiguration
import Synchronization

/// A server that answers as a test says, and remembers what it was asked.
final class ScriptedGate: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var key: String?
        var body: String
    }

    enum Reply: Sendable {
        case json(String)
        case answer(_ status: Int, String)
        case events(String)
        case silence
    }

    private let requests = Mutex<[Request]>([])
    private let script: @Sendable (Request) -> Reply

    private init(_ script: @escaping @Sendable (Request) -> Reply) { self.script = script }

    /// What it was asked so far.
    var asked: [Request] { requests.withLock { $0 } }

    /// Runs `body` with a client for a server that answers by `script`.
    static func serving<Value>(
        callLimit: Duration = .seconds(15), _ script: @escaping @Sendable (Request) -> Reply,
        _ body: (AdminClient, ScriptedGate) async throws -> Value
    ) async throws -> Value {
        let gate = ScriptedGate(script)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Exchange(gate))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        let address = AdminAddress(ListenAddress(host: "127.0.0.1", port: port))
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await AdminClient.open(address, with: try key(), callLimit: callLimit) { try await body($0, gate) })
        } catch {
            result = .failure(error)
        }
        try await channel.close()
        return try result.get()
    }

    static let keyText = String(repeating: "k", count: 32)

    static func key() throws -> AdminCredential {
        let key = try AdminCredential(environment: ["ANTEROOM_ADMIN_KEY": keyText])
        guard let key else { throw AdminRefusal(.key, "none") }
        return key
    }

    fileprivate func reply(to request: Request) -> Reply {
        requests.withLock { $0.append(request) }
        return script(request)
    }
}

private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let gate: ScriptedGate
    private var head: HTTPRequestHead?
    private var body = ""

    init(_ gate: ScriptedGate) { self.gate = gate }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ""
        case .body(let bytes): body += String(buffer: bytes)
        case .end:
            guard let head else { return }
            let request = ScriptedGate.Request(
                method: head.method.rawValue, path: head.uri, key: head.headers.first(name: "Authorization"), body: body
            )
            switch gate.reply(to: request) {
            case .json(let text): write(200, "application/json", text, context)
            case .answer(let status, let text):
                write(status, status < 400 ? "application/json" : "application/problem+json", text, context)
            case .events(let text): write(200, "text/event-stream", text, context)
            case .silence: break
            }
        }
    }

    private func write(_ status: Int, _ type: String, _ text: String, _ context: ChannelHandlerContext) {
        let fields: HTTPHeaders = ["Content-Type": type, "Content-Length": "\(text.utf8.count)"]
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
