/// What the command line asks for.
enum ShopArguments: Equatable {
    case help
    case serve(host: String, port: Int)

    /// Why a command line was not understood.
    struct Mistake: Error, Equatable {
        let message: String
    }

    static let usage = """
        usage: demo-shop [--host ADDRESS] [--port PORT]
          --host ADDRESS  where to listen (127.0.0.1)
          --port PORT     0 for any free port (9000)

        """

    /// Throws `Mistake`.
    init(_ arguments: some Sequence<String>) throws(Mistake) {
        var (host, port) = ("127.0.0.1", 9000)
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            switch option {
            case "--help", "-h":
                self = .help
                return
            case "--host":
                guard let value = rest.popFirst(), !value.isEmpty else {
                    throw Mistake(message: "--host needs an address")
                }
                host = value
            case "--port":
                guard let value = rest.popFirst().flatMap(Int.init), (0...65_535).contains(value) else {
                    throw Mistake(message: "--port needs a number from 0 to 65535")
                }
                port = value
            default:
                throw Mistake(message: "unknown argument \(option)")
            }
        }
        self = .serve(host: host, port: port)
    }
}
