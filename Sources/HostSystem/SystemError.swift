#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A system call that failed.
package struct SystemError: Error, CustomStringConvertible {
    /// Such as "fork".
    package let call: String
    /// errno(3).
    package let code: CInt

    init(_ call: String, _ code: CInt = errno) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
