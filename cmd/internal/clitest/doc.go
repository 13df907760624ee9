// Package clitest builds a command and runs it as a program, for the command's own tests. They call [Main] from TestMain.
package clitest
