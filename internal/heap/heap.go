// Package heap prepares the heap of a program that knows how much memory it is
// about to use: [Expect].
package heap
