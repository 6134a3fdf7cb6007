// As good as nothing: what starting costs.
package main

import "fmt"

func main() {
	fmt.Println("hello")
}
