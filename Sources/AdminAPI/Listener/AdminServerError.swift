import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why the admin listener could not be opened.
package struct AdminServerError: Error, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        case addressInUse
        case addressNotAvailable
        case permissionDenied
        case cannotListen
    }

    package let code: Code
    /// The address, what is wrong with it and what to do.
    package let message: String
    package let underlying: any Error

    package var description: String { message }

    init(listeningOn address: String, _ underlying: any Error) {
        self.underlying = underlying
        let problem: String
        switch (underlying as? IOError)?.errnoCode {
        case EADDRINUSE:
            code = .addressInUse
            problem = "the port is in use. Stop what listens there (see: ss -ltnp), or set another port in admin.listen"
        case EADDRNOTAVAIL:
            code = .addressNotAvailable
            problem = "this machine does not have the address. Set one that it has in admin.listen, such as 127.0.0.1"
        case EACCES, EPERM:
            code = .permissionDenied
            problem = "not permitted. Set a port above 1023 in admin.listen"
        default:
            code = .cannotListen
            problem = "\(underlying)"
        }
        message = "The admin listener cannot listen on \(address): \(problem)"
    }
}
