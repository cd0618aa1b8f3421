/// Input that the program refuses: printed as it is, exit code 1.
package struct Refusal: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
