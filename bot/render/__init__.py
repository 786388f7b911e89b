"""From what is said to how a surface shows it; pure, one package a surface."""
