#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `demo-shop`: a small shop for concert tickets that serves plain HTTP/1.1.
@main
enum DemoShop {
    static func main() async {
        do {
            switch try ShopArguments(CommandLine.arguments.dropFirst()) {
            case .help:
                say(ShopArguments.usage)
            case .serve(let host, let port):
                endAtOnceOnSignals()
                let server = try await ShopServer(host: host, port: port)
                say("demo-shop listens on http://\(server.address)\n")
                try await server.run()
            }
        } catch let error as ShopArguments.Mistake {
            complain("demo-shop: \(error.message)\n\(ShopArguments.usage)")
            exit(2)
        } catch {
            complain("demo-shop: \(error)\n")
            exit(1)
        }
    }

    /// The shop keeps nothing that would have to be saved. Set although it is the default, because a process that is
    /// the first of its container ignores signals without a handler.
    private static func endAtOnceOnSignals() {
        for number in [SIGINT, SIGTERM] { signal(number) { _exit(128 + $0) } }
    }

    private static func say(_ text: String) { write(text, to: STDOUT_FILENO) }

    private static func complain(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            // Nothing can be done where not even this can be written.
            #if canImport(Glibc)
            _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            #else
            _ = Darwin.write(descriptor, bytes.baseAddress, bytes.count)
            #endif
        }
    }
}
