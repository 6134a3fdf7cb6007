// Plain calls: a number of the Fibonacci row, the slow way.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func row(place int) int {
	if place < 2 {
		return place
	}
	return row(place-1) + row(place-2)
}

func main() {
	place := 33
	if len(os.Args) > 1 {
		place, _ = strconv.Atoi(os.Args[1])
	}
	fmt.Println(row(place))
}
