#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What is run when the gate is to be run again: the file that the command line named, as it is on disk then.
package struct Program {
    package let path: String
    package let arguments: [String]

    /// - Parameters:
    ///   - arguments: of this process, its name first.
    ///   - searchPath: `PATH`, where a name without a slash was looked for.
    package init(arguments: [String], searchPath: String?) {
        self.arguments = arguments
        let name = arguments.first ?? ""
        if name.contains("/") {
            // The working directory never changes.
            path = name
        } else {
            let candidates = (searchPath ?? "").split(separator: ":").map { "\($0)/\(name)" }
            path = candidates.first { access($0, X_OK) == 0 } ?? "/proc/self/exe"
        }
    }
}
