// Lines sent back and forth by twenty clients and a server in one process.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
)

func serve(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		connection.Write(line)
	}
}

func ask(address string, times int, received chan<- int) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	reader := bufio.NewReader(connection)
	count := 0
	for i := 0; i < times; i++ {
		connection.Write([]byte("a line of text\n"))
		line, err := reader.ReadBytes('\n')
		if err != nil {
			panic(err)
		}
		count += len(line)
	}
	received <- count
}

func main() {
	times := 1000
	if len(os.Args) > 1 {
		times, _ = strconv.Atoi(os.Args[1])
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := server.Accept()
			if err != nil {
				return
			}
			go serve(connection)
		}
	}()
	received := make(chan int)
	for i := 0; i < 20; i++ {
		go ask(server.Addr().String(), times, received)
	}
	total := 0
	for i := 0; i < 20; i++ {
		total += <-received
	}
	server.Close()
	fmt.Println(total)
}
